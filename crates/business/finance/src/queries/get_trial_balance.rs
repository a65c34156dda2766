//! The trial balance: the closing balance of every account at the end of a day.

use athyper_kernel_db::{DbError, ReadTx};
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Currency, Money};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::account::AccountType;
use crate::model::day::Day;
use crate::model::period::month_of;
use crate::store::balances::{self, ClosingBalance};
use crate::tenant_defaults;

/// Which trial balance.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetTrialBalance {
    /// The day at whose end the balances are taken; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Day>,
    /// The currency; the tenant's own if it is left out.
    currency: Option<Currency>,
    /// Whether to show accounts whose balance is zero as well.
    #[serde(default)]
    include_zero: bool,
}

/// A trial balance in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::TrialBalance)]
pub(crate) struct TrialBalance {
    /// The day at whose end the balances were taken.
    as_of: NaiveDate,
    /// The currency.
    currency: Currency,
    /// The accounts by code.
    lines: Vec<TrialBalanceLine>,
    /// The sums of the two columns, which are equal.
    totals: TrialBalanceTotals,
}

/// An account of a trial balance. Amounts have the decimals of the currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::TrialBalanceLine)]
pub(crate) struct TrialBalanceLine {
    /// Code of the account.
    account: String,
    /// Its name.
    name: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: AccountType,
    /// The balance, where debits exceed credits; else zero.
    #[schema(example = "12.34")]
    debit: String,
    /// The balance, where credits exceed debits; else zero.
    #[schema(example = "0.00")]
    credit: String,
    /// Debits minus credits.
    #[schema(example = "12.34")]
    balance: String,
}

/// The sums of the two columns of a trial balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = finance::TrialBalanceTotals)]
pub(crate) struct TrialBalanceTotals {
    /// Sum of the debit column.
    debit: String,
    /// Sum of the credit column.
    credit: String,
}

/// Get the trial balance
///
/// The closing balance of every account, in a debit and a credit column whose sums are equal. Accounts with a balance of
/// zero are left out unless they are asked for.
#[utoipa::path(
    get,
    path = "/v1/finance/reports/trial-balance",
    operation_id = "finance.get_trial_balance",
    tag = "finance",
    params(GetTrialBalance),
    responses(
        (
            status = 200,
            description = "The trial balance",
            body = TrialBalance,
            example = json!({"asOf": "2024-01-31", "currency": "USD", "lines": [
                    {"account": "Assets:US:BofA:Checking", "name": "Checking", "type": "asset", "debit": "0.00",
                        "credit": "4.00", "balance": "-4.00"},
                    {"account": "Expenses:Financial:Fees", "name": "Fees", "type": "expense", "debit": "4.00",
                        "credit": "0.00", "balance": "4.00"}
                ], "totals": {"debit": "4.00", "credit": "4.00"}})
        ),
        (status = 422, description = "No currency is named and the tenant has no default", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub(crate) async fn get_trial_balance(
    State(deps): State<Deps>,
    Report(mut read): Report<GetTrialBalance>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &GetTrialBalance,
) -> Result<TrialBalance, Error> {
    let default_currency = || tenant_defaults::currency(tx.context());
    let currency = query.currency.or_else(default_currency).ok_or(Error::CurrencyRequired)?;
    let as_of = query.as_of.map_or_else(|| tenant_defaults::today(tx.context(), &deps.clock), Day::date);
    let closing = balances::trial_balance(tx, currency, month_of(as_of), as_of, query.include_zero).await?;
    Ok(two_columns(as_of, currency, closing)?)
}

/// Lays closing balances out in a debit and a credit column.
fn two_columns(
    as_of: NaiveDate,
    currency: Currency,
    closing: Vec<ClosingBalance>,
) -> Result<TrialBalance, DbError> {
    let text = |amount: Decimal| {
        let money = Money::new(amount, currency)
            .map_err(|error| DbError::Corrupt(format!("a balance in {currency}: {error}")))?;
        Ok::<String, DbError>(money.amount().to_string())
    };
    let (mut debits, mut credits) = (Decimal::ZERO, Decimal::ZERO);
    let mut lines = Vec::with_capacity(closing.len());
    for account in closing {
        let debit = account.balance.max(Decimal::ZERO);
        let credit = (-account.balance).max(Decimal::ZERO);
        debits += debit;
        credits += credit;
        lines.push(TrialBalanceLine {
            account: account.code,
            name: account.name,
            kind: account.kind,
            debit: text(debit)?,
            credit: text(credit)?,
            balance: text(account.balance)?,
        });
    }
    let totals = TrialBalanceTotals { debit: text(debits)?, credit: text(credits)? };
    Ok(TrialBalance { as_of, currency, lines, totals })
}
