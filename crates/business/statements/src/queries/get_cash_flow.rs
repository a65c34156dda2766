//! The cash flow statement.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Report};
use athyper_kernel_ledger::Day;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{Format, answer};
use super::books::Books;
use super::{Whose, days, find_layout, problem};
use crate::Deps;
use crate::error::Error;
use crate::model::cash_flow::cash_flow;
use crate::model::columns::{Column, columns};
use crate::model::file;
use crate::model::layout::StatementKind;
use crate::model::statement::{Frame, Statement};

/// Which statement.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetCashFlow {
    /// First day; that of the fiscal year of the last day, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// Code of the legal entity; the tenant's only one, or `main`, if it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// Code of the layout; the one that is marked as default, or else the one that is built in, where it is left out.
    #[param(max_length = 40)]
    layout: Option<String>,
    /// Columns to compare with, apart by commas: `previousPeriod`, `previousYear`, `previousPeriod:3` for three of them, or days such
    /// as `2024-01-01..2024-03-31`. At most 12 columns in all.
    #[param(example = "previousPeriod,previousYear")]
    compare: Option<String>,
    /// Form of the answer; where it is left out, what `Accept` asks for, or JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// Get the cash flow statement
///
/// Where money came from and went to between two days, by the indirect method (IAS 7): the result, what is in it that is no cash
/// flow of operations, and the changes of all other accounts. What exchange rates changed of cash is shown apart. It agrees with
/// the change of bank and cash accounts.
#[utoipa::path(
    get,
    path = "/v1/statements/cash-flow",
    operation_id = "statements.get_cash_flow",
    tag = "statements",
    params(GetCashFlow, ("accept" = Option<String>, Header, description = "The form of the answer")),
    responses(
        (
            status = 200,
            description = "The cash flow statement",
            content(
                (Statement = "application/json", example = json!({"statement": "cash_flow", "entity": "main", "entityName": "Main", "currency": "EUR",
                    "layout": {"name": "Built in"},
                    "columns": [{"label": "2025-01-01 to 2025-03-31", "from": "2025-01-01", "to": "2025-03-31"}],
                    "rows": [
                        {"key": "result", "label": "Result", "kind": "result", "level": 1, "amounts": ["1090.00"],
                            "links": ["/v1/statements/income-statement?from=2025-01-01&to=2025-03-31&entity=main"]},
                        {"key": "closing_cash", "label": "Cash at the end", "kind": "closing_cash", "level": 0, "amounts": ["1090.00"]}
                    ], "unassigned": [], "ambiguous": [],
                    "reconciliation": [[{"key": "flows_are_change_of_cash",
                        "says": "All flows and the effect of exchange rates are what bank and cash accounts moved by",
                        "found": "1090.00", "expected": "1090.00", "difference": "0.00", "holds": true}]],
                    "reconciles": true})),
                (String = "text/csv", example = "Row,Account,2025-01-01 to 2025-03-31\r\n"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (Vec<u8> = "application/pdf")
            )
        ),
        (status = 422, description = "Days, columns, a layout or a dimension that cannot be shown", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn get_cash_flow(
    State(deps): State<Deps>,
    headers: HeaderMap,
    Report(mut read): Report<GetCashFlow>,
) -> Result<Response, ProblemResponse> {
    let found = execute(&mut read.tx, &deps, &read.query).await.map_err(problem)?;
    answer(&headers, read.query.format, "cash-flow", &found, file::table)
}

pub(crate) async fn execute(tx: &mut ReadTx, deps: &Deps, query: &GetCashFlow) -> Result<Statement, Error> {
    let entity = deps.ledger.entity(tx, query.entity.as_deref()).await?;
    let (from, to) = days(tx, deps, &entity, (query.from, query.to))?;
    let columns = columns(Column::between(from, to), query.compare.as_deref())?;
    let layout = find_layout(tx, StatementKind::CashFlow, query.layout.as_deref()).await?;
    let whose = Whose { entity, dimension: None };
    let mut books = Books::new(deps, tx, &whose);
    let mut movements = Vec::with_capacity(columns.len());
    for column in &columns {
        movements.push(books.movement(*column).await?);
    }
    let frame =
        Frame { entity: &whose.entity, columns: &columns, dimension: whose.dimension, layout: &layout };
    Ok(cash_flow(&frame, &movements))
}
