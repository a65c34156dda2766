//! The statement of a party: what happened in a period, and what was owed before and after.

use std::collections::BTreeMap;

use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use athyper_kernel_http::{ProblemResponse, Reply, Report, ReportProblems};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::queries::get_tax_report::check_period;
use crate::store::invoices::in_units;
use crate::store::reports::{self, Movement};
use athyper_kernel_ledger::Day;

/// Most lines of a statement.
const MOST_LINES: usize = 5_000;

/// Which statement.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetStatement {
    /// The party.
    party: Uuid,
    /// The first day.
    #[param(value_type = String, format = Date)]
    from: Day,
    /// The last day.
    #[param(value_type = String, format = Date)]
    to: Day,
}

/// A statement. Amounts are positive for what is owed to us.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::Statement)]
pub(crate) struct Statement {
    /// The party.
    party: Uuid,
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// One part for each currency.
    currencies: Vec<StatementPart>,
}

/// What happened in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::StatementPart)]
pub(crate) struct StatementPart {
    /// Currency.
    currency: String,
    /// What was owed before the first day.
    #[schema(value_type = String)]
    opening: Decimal,
    /// What happened, by day.
    lines: Vec<StatementLine>,
    /// What is owed at the end of the last day.
    #[schema(value_type = String)]
    closing: Decimal,
}

/// A line of a statement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::StatementLine)]
pub(crate) struct StatementLine {
    /// The day.
    date: NaiveDate,
    /// What it was: the kind of a document, `payment` or `bounce`.
    kind: String,
    /// Its number.
    number: String,
    /// How much more is owed, or less.
    #[schema(value_type = String)]
    amount: Decimal,
    /// What is owed after it.
    #[schema(value_type = String)]
    balance: Decimal,
}

/// Get the statement of a party
///
/// Documents and payments of a period with the balance after each. What is kept of a payment for being early, or written off,
/// is in the payment's line.
#[utoipa::path(
    get,
    path = "/v1/invoicing/reports/statement",
    operation_id = "invoicing.get_statement",
    tag = "invoicing",
    params(GetStatement),
    responses(
        (
            status = 200,
            description = "The statement",
            body = Statement,
            example = json!({"party": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "from": "2025-03-01", "to": "2025-03-31",
                "currencies": [{"currency": "EUR", "opening": "0.00", "lines": [
                    {"date": "2025-03-01", "kind": "sale", "number": "INV-2025-000042", "amount": "1829.10", "balance": "1829.10"},
                    {"date": "2025-03-10", "kind": "payment", "number": "RCPT-2025-000007", "amount": "-1829.10", "balance": "0.00"}],
                    "closing": "0.00"}]})
        ),
        ReportProblems
    )
)]
pub(crate) async fn get_statement(Report(mut read): Report<GetStatement>) -> Result<Reply, ProblemResponse> {
    let (party, from, to) = (read.query.party, read.query.from.date(), read.query.to.date());
    check_period(from, to)?;
    let before = reports::balances_before(&mut read.tx, party, from).await.map_err(Error::from)?;
    let limit = i64::try_from(MOST_LINES + 1).unwrap_or(i64::MAX);
    let found = reports::movements(&mut read.tx, party, (from, to), limit).await.map_err(Error::from)?;
    if found.len() > MOST_LINES {
        let message = format!("the period has more than {MOST_LINES} lines: choose a shorter one");
        let field = FieldError::new("?from", "too_long", message.clone());
        return Err(Problem::new(ProblemKind::Malformed, "request.invalid_query", message)
            .with_fields(vec![field])
            .into());
    }
    Ok(Reply::ok(&Statement { party, from, to, currencies: parts(before, found) })?)
}

fn parts(before: Vec<(String, Decimal)>, found: Vec<Movement>) -> Vec<StatementPart> {
    let mut by_currency: BTreeMap<String, (Decimal, Vec<Movement>)> =
        before.into_iter().map(|(currency, opening)| (currency, (opening, Vec::new()))).collect();
    for movement in found {
        by_currency.entry(movement.currency.clone()).or_default().1.push(movement);
    }
    by_currency.into_iter().map(|(currency, (opening, moved))| part(currency, opening, moved)).collect()
}

fn part(currency: String, opening: Decimal, moved: Vec<Movement>) -> StatementPart {
    let known = Currency::parse(&currency).ok();
    let units = |amount: Decimal| known.map_or(amount, |currency| in_units(amount, currency));
    let mut balance = opening;
    let mut lines = Vec::with_capacity(moved.len());
    for Movement { date, kind, number, amount, .. } in moved.into_iter().filter(|line| !line.amount.is_zero())
    {
        balance += amount;
        lines.push(StatementLine { date, kind, number, amount: units(amount), balance: units(balance) });
    }
    StatementPart { currency, opening: units(opening), lines, closing: units(balance) }
}
