//! The trial balance with what moved: opening balances, debits, credits and closing balances of all accounts.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Report};
use athyper_kernel_ledger::{Day, DimensionFilter};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{Format, answer};
use super::books::Books;
use super::{Whose, days, problem};
use crate::Deps;
use crate::error::Error;
use crate::model::columns::Column;
use crate::model::trial_balance::{TrialBalance, table, trial_balance};

/// Which trial balance.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetTrialBalance {
    /// First day; that of the fiscal year of the last day, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// Code of the legal entity; the tenant's only one, or `main`, if it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// Only lines about these values of a dimension: `key:value`, `key:value,value`, or `key:` for lines that name none.
    #[param(value_type = Option<String>, example = "costCentre:CC-100")]
    dimension: Option<DimensionFilter>,
    /// Form of the answer; where it is left out, what `Accept` asks for, or JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// Get the trial balance with what moved
///
/// For each account the balance before the first day, debits and credits from then on, and the balance at the end of the last day,
/// in base currency. What closes fiscal years is counted. Each account has a link to its ledger.
#[utoipa::path(
    get,
    path = "/v1/statements/trial-balance",
    operation_id = "statements.get_trial_balance",
    tag = "statements",
    params(GetTrialBalance, ("accept" = Option<String>, Header, description = "The form of the answer")),
    responses(
        (
            status = 200,
            description = "The trial balance",
            content(
                (TrialBalance = "application/json", example = json!({"entity": "main", "entityName": "Main", "currency": "EUR",
                    "from": "2025-01-01", "to": "2025-03-31", "lines": [
                        {"account": "Bank", "name": "Bank", "type": "asset", "opening": "0.00", "debit": "790.00", "credit": "0.00",
                            "closing": "790.00",
                            "link": "/v1/finance/reports/account-ledger?account=Bank&entity=main&from=2025-01-01&to=2025-03-31"},
                        {"account": "Sales", "name": "Sales", "type": "income", "opening": "0.00", "debit": "0.00", "credit": "790.00",
                            "closing": "-790.00",
                            "link": "/v1/finance/reports/account-ledger?account=Sales&entity=main&from=2025-01-01&to=2025-03-31"}],
                    "totals": {"opening": "0.00", "debit": "790.00", "credit": "790.00", "closing": "0.00"},
                    "reconciliation": [{"key": "trial_balance_is_zero",
                        "says": "The debit and the credit column of the trial balance are equal",
                        "found": "790.00", "expected": "790.00", "difference": "0.00", "holds": true}],
                    "reconciles": true})),
                (String = "text/csv", example = "Account,Name,Type,Opening,Debit,Credit,Closing\r\n"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (Vec<u8> = "application/pdf")
            )
        ),
        (status = 422, description = "Days or a dimension that cannot be shown", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn get_trial_balance(
    State(deps): State<Deps>,
    headers: HeaderMap,
    Report(mut read): Report<GetTrialBalance>,
) -> Result<Response, ProblemResponse> {
    let found = execute(&mut read.tx, &deps, &read.query).await.map_err(problem)?;
    answer(&headers, read.query.format, "trial-balance", &found, table)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &GetTrialBalance,
) -> Result<TrialBalance, Error> {
    let entity = deps.ledger.entity(tx, query.entity.as_deref()).await?;
    let (from, to) = days(tx, deps, &entity, (query.from, query.to))?;
    let whose = Whose { entity, dimension: query.dimension.as_ref() };
    let mut books = Books::new(deps, tx, &whose);
    let day_before = from.pred_opt().ok_or(Error::DayUnknown)?;
    let before = books.movements(None, day_before, false).await?;
    let since = books.movements(Some(from), to, false).await?;
    let trial = books.trial_balance(to).await?;
    Ok(trial_balance(
        &whose.entity,
        Column::between(from, to),
        whose.dimension,
        (&before, &since),
        trial.as_ref(),
    ))
}
