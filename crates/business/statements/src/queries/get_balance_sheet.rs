//! The balance sheet.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Report};
use athyper_kernel_ledger::{Day, DimensionFilter, tenant_defaults};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{Format, answer};
use super::books::Books;
use super::{Whose, find_layout, problem};
use crate::Deps;
use crate::error::Error;
use crate::model::balance_sheet::balance_sheet;
use crate::model::columns::{Column, columns};
use crate::model::file;
use crate::model::layout::StatementKind;
use crate::model::statement::{Frame, Statement};

/// Which balance sheet.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetBalanceSheet {
    /// The day at whose end the balances are taken; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Day>,
    /// Code of the legal entity; the tenant's only one, or `main`, if it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// Code of the layout; the one that is marked as default, or else the one that is built in, where it is left out.
    #[param(max_length = 40)]
    layout: Option<String>,
    /// Columns to compare with, apart by commas: `previousPeriod` (the end of the month before), `previousYear`, `previousPeriod:3`
    /// for three of them, or days such as `2024-12-31`. At most 12 columns in all.
    #[param(example = "previousPeriod,previousYear")]
    compare: Option<String>,
    /// Only lines about these values of a dimension: `key:value`, `key:value,value`, or `key:` for lines that name none.
    #[param(value_type = Option<String>, example = "costCentre:CC-100")]
    dimension: Option<DimensionFilter>,
    /// Form of the answer; where it is left out, what `Accept` asks for, or JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// Get the balance sheet
///
/// What is owned, owed and left to the owners at the end of a day, in base currency. The result of the fiscal year stands in equity
/// until the year is closed. Each account has a link to its ledger; each column says by which figures it agrees with the ledger.
#[utoipa::path(
    get,
    path = "/v1/statements/balance-sheet",
    operation_id = "statements.get_balance_sheet",
    tag = "statements",
    params(GetBalanceSheet, ("accept" = Option<String>, Header, description = "The form of the answer")),
    responses(
        (
            status = 200,
            description = "The balance sheet",
            content(
                (Statement = "application/json", example = json!({"statement": "balance_sheet", "entity": "main", "entityName": "Main", "currency": "EUR",
                    "layout": {"name": "Built in"}, "columns": [{"label": "2025-03-31", "to": "2025-03-31"}],
                    "rows": [
                        {"key": "cash", "label": "Cash and bank balances", "kind": "accounts", "level": 1, "amounts": ["790.00"],
                            "accounts": [{"account": "Bank", "name": "Bank", "amounts": ["790.00"],
                                "links": ["/v1/finance/reports/account-ledger?account=Bank&entity=main&to=2025-03-31"]}]},
                        {"key": "result", "label": "Result of the fiscal year, not closed", "kind": "result", "level": 1,
                            "amounts": ["790.00"],
                            "links": ["/v1/statements/income-statement?from=2025-01-01&to=2025-03-31&entity=main"]}
                    ], "unassigned": [], "ambiguous": [],
                    "reconciliation": [[{"key": "assets_equal_liabilities_and_equity",
                        "says": "Assets are what liabilities, equity and the result that is not closed come to",
                        "found": "790.00", "expected": "790.00", "difference": "0.00", "holds": true}]],
                    "reconciles": true})),
                (String = "text/csv", example = "Row,Account,2025-03-31\r\n"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (Vec<u8> = "application/pdf")
            )
        ),
        (status = 422, description = "Days, columns, a layout or a dimension that cannot be shown", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn get_balance_sheet(
    State(deps): State<Deps>,
    headers: HeaderMap,
    Report(mut read): Report<GetBalanceSheet>,
) -> Result<Response, ProblemResponse> {
    let found = execute(&mut read.tx, &deps, &read.query).await.map_err(problem)?;
    answer(&headers, read.query.format, "balance-sheet", &found, file::table)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &GetBalanceSheet,
) -> Result<Statement, Error> {
    let entity = deps.ledger.entity(tx, query.entity.as_deref()).await?;
    let as_of = query.as_of.map_or_else(|| tenant_defaults::today(tx.context(), &deps.clock), Day::date);
    let columns = columns(Column::as_of(as_of), query.compare.as_deref())?;
    let layout = find_layout(tx, StatementKind::BalanceSheet, query.layout.as_deref()).await?;
    let whose = Whose { entity, dimension: query.dimension.as_ref() };
    let mut books = Books::new(deps, tx, &whose);
    let mut balances = Vec::with_capacity(columns.len());
    for column in &columns {
        balances.push(books.balances(*column).await?);
    }
    let frame =
        Frame { entity: &whose.entity, columns: &columns, dimension: whose.dimension, layout: &layout };
    Ok(balance_sheet(&frame, &balances))
}
