//! Transfers: amounts that move between lines and months, and sum to zero.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::budget::BudgetId;
use super::line::LineId;

/// Id of a transfer.
pub(crate) type TransferId = Id<Transfer>;

/// A transfer within a budget, or what is carried from one into that of the next year.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Transfer)]
pub(crate) struct Transfer {
    /// Id.
    pub(crate) id: TransferId,
    /// `transfer` or `carry_forward`.
    pub(crate) kind: &'static str,
    /// The budget.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) budget: BudgetId,
    /// The budget that it goes into, which is the same for a transfer.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) into: BudgetId,
    /// Why.
    pub(crate) reason: String,
    /// What it moves: the sum of what is added.
    #[schema(value_type = String, example = "1000.00")]
    pub(crate) total: Decimal,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who made it.
    pub(crate) created_by: String,
    /// What each line gets, below zero for what it gives.
    pub(crate) lines: Vec<TransferLine>,
}

/// What a line gets or gives.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::TransferLine)]
pub(crate) struct TransferLine {
    /// Id of the line.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) line: LineId,
    /// Its key.
    pub(crate) key: String,
    /// First day of the month.
    pub(crate) month: NaiveDate,
    /// How much it gets, below zero for what it gives.
    #[schema(value_type = String, example = "-1000.00")]
    pub(crate) amount: Decimal,
}

/// The sum of what is added.
pub(crate) fn total(lines: &[TransferLine]) -> Decimal {
    lines.iter().map(|line| line.amount).filter(|amount| *amount > Decimal::ZERO).sum()
}
