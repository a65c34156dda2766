//! Reconciliations: the bank's balance of a day against the ledger's.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bank_account::BankAccountId;

/// Id of a reconciliation.
pub(crate) type ReconciliationId = Id<Reconciliation>;

/// A reconciliation. While it is open, its figures are those of the moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::Reconciliation)]
pub(crate) struct Reconciliation {
    /// Id.
    pub(crate) id: ReconciliationId,
    /// The bank account.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) account: BankAccountId,
    /// The day at whose end the balances are held against each other.
    pub(crate) as_of: NaiveDate,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// What the bank says.
    #[schema(value_type = String, example = "2210.00")]
    pub(crate) statement_balance: Decimal,
    /// What the ledger says; of an open one it is left out in lists.
    #[schema(value_type = Option<String>)]
    pub(crate) ledger_balance: Option<Decimal>,
    /// The bank's less the ledger's.
    #[schema(value_type = Option<String>)]
    pub(crate) difference: Option<Decimal>,
    /// Lines up to the day that are neither posted nor ignored, and what they sum up to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) open_lines: Option<OpenLines>,
    /// Where it stands.
    pub(crate) state: ReconciliationState,
    /// When it was signed off (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_at: Option<DateTime<Utc>>,
    /// Who signed it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_by: Option<String>,
    /// When it was opened (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who opened it.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Lines that are not in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::OpenLines)]
pub(crate) struct OpenLines {
    /// How many.
    pub(crate) count: i64,
    /// What they sum up to.
    #[schema(value_type = String)]
    pub(crate) sum: Decimal,
}

/// Where a reconciliation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::ReconciliationState)]
pub(crate) enum ReconciliationState {
    /// It is worked on.
    Open,
    /// What it rests on changes no more.
    SignedOff,
}

impl ReconciliationState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::SignedOff => "signed_off",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::SignedOff].into_iter().find(|state| state.as_str() == word)
    }
}
