//! Fiscal years, and their result.

use athyper_kernel_ledger::{AccountBalance, AccountType};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
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
