//! Fiscal years, and their result.

use athyper_kernel_ledger::{AccountBalance, AccountType};
use athyper_kernel_types::{Currency, Id};
use chrono::{Datelike as _, Days, Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Id of a closed fiscal year.
pub(crate) type FiscalYearId = Id<FiscalYear>;

/// A fiscal year that was closed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::FiscalYear)]
pub(crate) struct FiscalYear {
    /// Id.
    pub(crate) id: FiscalYearId,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// First day.
    pub(crate) first_day: NaiveDate,
    /// Last day.
    pub(crate) last_day: NaiveDate,
    /// What went to retained earnings, in base currency: above zero for a profit.
    #[schema(value_type = String, example = "12000.00")]
    pub(crate) result: Decimal,
    /// The base currency.
    pub(crate) currency: Currency,
    /// `closed`, or `reopened`.
    #[schema(example = "closed")]
    pub(crate) state: String,
    /// Id of the closing journal; none where there was no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<Uuid>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// First and last day of the fiscal year that a date falls into, of years that start with this month.
pub(crate) fn fiscal_year(date: NaiveDate, start: u8) -> Option<(NaiveDate, NaiveDate)> {
    let start = u32::from(start);
    let year = if date.month() < start { date.year() - 1 } else { date.year() };
    let first = NaiveDate::from_ymd_opt(year, start, 1)?;
    let last = first.checked_add_months(Months::new(12))?.checked_sub_days(Days::new(1))?;
    Some((first, last))
}

/// What each account of income and expense is closed by in base currency, debit positive: account, currency, amount. Their sum is
/// the result, a profit above zero.
pub(crate) fn closing_amounts(balances: &[AccountBalance]) -> Vec<(&str, Currency, Decimal)> {
    balances
        .iter()
        .filter(|balance| matches!(balance.kind, AccountType::Income | AccountType::Expense))
        .filter(|balance| !balance.base.is_zero())
        .map(|balance| (balance.account.as_str(), balance.currency, -balance.base))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fiscal_year_ends_the_day_before_the_next() {
        for (date, start, expected) in [
            ("2025-03-31", 1, ("2025-01-01", "2025-12-31")),
            ("2025-03-31", 4, ("2024-04-01", "2025-03-31")),
            ("2024-02-29", 3, ("2023-03-01", "2024-02-29")),
            ("2025-12-01", 12, ("2025-12-01", "2026-11-30")),
        ] {
            let (first, last) = fiscal_year(date.parse().unwrap(), start).unwrap();
            assert_eq!((first.to_string().as_str(), last.to_string().as_str()), expected, "{date} {start}");
        }
    }
}
