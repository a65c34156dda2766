//! The income statement.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Report};
use athyper_kernel_ledger::{Day, DimensionFilter};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{Format, answer};
use super::books::Books;
use super::{Whose, days, find_layout, problem};
use crate::Deps;
use crate::error::Error;
use crate::model::columns::{Column, columns};
use crate::model::file;
use crate::model::income_statement::income_statement;
use crate::model::layout::StatementKind;
use crate::model::statement::{Frame, Statement};

/// Which statement.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetIncomeStatement {
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
    /// Only lines about these values of a dimension: `key:value`, `key:value,value`, or `key:` for lines that name none.
    #[param(value_type = Option<String>, example = "costCentre:CC-100")]
    dimension: Option<DimensionFilter>,
    /// Form of the answer; where it is left out, what `Accept` asks for, or JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// Get the income statement
///
/// What was earned and spent between two days, in base currency. What closes a fiscal year is not counted, so that a closed year
/// shows what it showed before. Each account has a link to its ledger; each column says by which figures it agrees with the ledger.
#[utoipa::path(
    get,
    path = "/v1/statements/income-statement",
    operation_id = "statements.get_income_statement",
    tag = "statements",
    params(GetIncomeStatement, ("accept" = Option<String>, Header, description = "The form of the answer")),
    responses(
        (
            status = 200,
            description = "The income statement",
            content(
                (Statement = "application/json", example = json!({"statement": "income_statement", "entity": "main", "entityName": "Main", "currency": "EUR",
                    "layout": {"name": "Built in"},
                    "columns": [{"label": "2025-01-01 to 2025-03-31", "from": "2025-01-01", "to": "2025-03-31"}],
                    "rows": [
                        {"key": "income", "label": "Income", "kind": "accounts", "level": 1, "amounts": ["1090.00"],
                            "accounts": [{"account": "Sales", "name": "Sales", "amounts": ["1090.00"],
                                "links": ["/v1/finance/reports/account-ledger?account=Sales&entity=main&from=2025-01-01&to=2025-03-31&closing=false"]}]},
                        {"key": "result", "label": "Result", "kind": "sum", "level": 0, "amounts": ["1090.00"],
                            "of": ["income", "expenses"]}
                    ], "unassigned": [], "ambiguous": [],
                    "reconciliation": [[{"key": "result_is_movement",
                        "says": "The result is what accounts of income and expense moved by",
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
pub(crate) async fn get_income_statement(
    State(deps): State<Deps>,
    headers: HeaderMap,
    Report(mut read): Report<GetIncomeStatement>,
) -> Result<Response, ProblemResponse> {
    let found = execute(&mut read.tx, &deps, &read.query).await.map_err(problem)?;
    answer(&headers, read.query.format, "income-statement", &found, file::table)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &GetIncomeStatement,
) -> Result<Statement, Error> {
    let entity = deps.ledger.entity(tx, query.entity.as_deref()).await?;
    let (from, to) = days(tx, deps, &entity, (query.from, query.to))?;
    let columns = columns(Column::between(from, to), query.compare.as_deref())?;
    let layout = find_layout(tx, StatementKind::IncomeStatement, query.layout.as_deref()).await?;
    let whose = Whose { entity, dimension: query.dimension.as_ref() };
    let mut books = Books::new(deps, tx, &whose);
    let mut movements = Vec::with_capacity(columns.len());
    for column in &columns {
        movements.push(books.movement(*column).await?);
    }
    let frame =
        Frame { entity: &whose.entity, columns: &columns, dimension: whose.dimension, layout: &layout };
    Ok(income_statement(&frame, &movements))
}
