//! The trial balance: the closing balance of every account at the end of a day.

use athyper_kernel_db::{DbError, ReadTx};
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_ledger_books::Books;
use athyper_kernel_ledger_books::balances::{self, ClosingBalance};
use athyper_kernel_types::{Currency, Id};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::account::AccountType;
use crate::model::days::Days;
use crate::queries::amount_text;
use crate::{ledger_reads, whose_books};
use athyper_kernel_ledger::tenant_defaults;
use athyper_kernel_ledger::{Day, DimensionFilter};

/// Which trial balance.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetTrialBalance {
    /// The day at whose end the balances are taken; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Day>,
    /// Code of the legal entity; the tenant's only one, or `main`, if it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// Only lines in this currency, in its amounts; if it is left out lines in all, in base currency.
    currency: Option<Currency>,
    /// Only lines about these values of a dimension: `key:value`, `key:value,value`, or `key:` for lines that name none.
    #[param(value_type = Option<String>, example = "costCentre:CC-100")]
    dimension: Option<DimensionFilter>,
    /// Whether to show accounts whose balance is zero as well.
    #[serde(default)]
    include_zero: bool,
    /// Id of a signed-off close: the balances as they were written down then, whatever was posted since. It goes with `currency` alone.
    #[param(value_type = Option<String>, format = Uuid)]
    snapshot: Option<Uuid>,
}

/// A trial balance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::TrialBalance)]
pub(crate) struct TrialBalance {
    /// The day at whose end the balances were taken.
    as_of: NaiveDate,
    /// Code of the legal entity; none where nothing is posted yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "main")]
    entity: Option<String>,
    /// The currency of the amounts.
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
/// zero are left out unless they are asked for. With `snapshot` they are those of a signed-off close.
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
            example = json!({"asOf": "2024-01-31", "entity": "main", "currency": "USD", "lines": [
                    {"account": "Assets:US:BofA:Checking", "name": "Checking", "type": "asset", "debit": "0.00",
                        "credit": "4.00", "balance": "-4.00"},
                    {"account": "Expenses:Financial:Fees", "name": "Fees", "type": "expense", "debit": "4.00",
                        "credit": "0.00", "balance": "4.00"}
                ], "totals": {"debit": "4.00", "credit": "4.00"}})
        ),
        (status = 404, description = "No such legal entity or snapshot", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "It is not clear which currency or legal entity is meant, or a parameter does not go with a snapshot", body = athyper_kernel_http::ProblemBody,
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
    if let Some(close) = query.snapshot {
        return of_snapshot(tx, deps, query, close).await;
    }
    let as_of = query.as_of.map_or_else(|| tenant_defaults::today(tx.context(), &deps.clock), Day::date);
    let filter = query.dimension.as_ref();
    if let Some(filter) = filter {
        ledger_reads::check_dimension(tx, filter).await?;
    }
    let entity = match whose_books::find(tx, query.entity.as_deref()).await {
        Ok(entity) => Some(entity),
        // Nothing was posted yet, and so there are no books.
        Err(Error::EntityNotFound) if query.entity.is_none() => None,
        Err(error) => return Err(error),
    };
    let base = entity.as_ref().map(|entity| entity.base_currency);
    let currency = query
        .currency
        .or(base)
        .or_else(|| tenant_defaults::currency(tx.context()))
        .ok_or(Error::CurrencyRequired)?;
    let days = Days::until(as_of);
    let books =
        Books { entity: entity.as_ref().map_or_else(Id::nil, |entity| entity.id), days: &days, filter };
    let closing = balances::trial_balance(tx, books, query.currency, query.include_zero).await?;
    Ok(two_columns((as_of, entity.map(|entity| entity.code), currency), closing)?)
}

/// The balances as they were when a period was signed off.
async fn of_snapshot(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &GetTrialBalance,
    close: Uuid,
) -> Result<TrialBalance, Error> {
    let others = [
        ("?asOf", query.as_of.is_some()),
        ("?entity", query.entity.is_some()),
        ("?dimension", query.dimension.is_some()),
        ("?includeZero", query.include_zero),
    ];
    if let Some((parameter, _)) = others.into_iter().find(|(_, is_named)| *is_named) {
        return Err(Error::NotOfSnapshot { parameter });
    }
    let keeper = deps.snapshots.as_ref().ok_or(Error::SnapshotNotFound)?;
    let found = keeper.find(tx, close).await.map_err(Error::Elsewhere)?.ok_or(Error::SnapshotNotFound)?;
    let mut closing: Vec<ClosingBalance> = Vec::new();
    for balance in found.balances {
        let amount = match query.currency {
            None => balance.base,
            Some(currency) if currency == balance.currency => balance.amount,
            Some(_) => continue,
        };
        match closing.last_mut().filter(|last| last.code == balance.account) {
            Some(last) => last.balance += amount,
            None => closing.push(ClosingBalance {
                code: balance.account,
                name: balance.name,
                kind: balance.kind,
                balance: amount,
            }),
        }
    }
    closing.retain(|account| !account.balance.is_zero());
    let currency = query.currency.unwrap_or(found.base_currency);
    Ok(two_columns((found.as_of, Some(found.entity), currency), closing)?)
}

/// Lays closing balances out in a debit and a credit column.
fn two_columns(
    (as_of, entity, currency): (NaiveDate, Option<String>, Currency),
    closing: Vec<ClosingBalance>,
) -> Result<TrialBalance, DbError> {
    let text = |amount: Decimal| amount_text(amount, currency);
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
    Ok(TrialBalance { as_of, entity, currency, lines, totals })
}
