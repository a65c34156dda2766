//! Opening balances that were brought forward by a file.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Id of opening balances.
pub(crate) type OpeningBalancesId = Id<OpeningBalances>;

/// Balances brought forward by a file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = opening::Balances)]
pub(crate) struct OpeningBalances {
    /// Id.
    pub(crate) id: OpeningBalancesId,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// The day that they are of.
    pub(crate) date: NaiveDate,
    /// Whether they count.
    pub(crate) state: BalancesState,
    /// How many rows the file had.
    pub(crate) rows: i32,
    /// What was left to the account that plays the part `opening_balance`, in base currency, above zero for a debit.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) opening_balance: Decimal,
    /// The base currency.
    pub(crate) currency: Currency,
    /// The journals that they were posted as.
    pub(crate) journals: Vec<PostedJournal>,
    /// SHA-256 digest of the file, in hexadecimal.
    pub(crate) sha256: String,
    /// When they were posted (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who sent the file.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// A journal, by id and number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = opening::PostedJournal)]
pub(crate) struct PostedJournal {
    /// Id.
    pub(crate) id: Uuid,
    /// Number.
    #[schema(example = "OB-2025-000001")]
    pub(crate) number: String,
}

/// Whether opening balances count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = opening::BalancesState)]
pub(crate) enum BalancesState {
    /// They do.
    Posted,
    /// They are undone.
    Reversed,
}

impl BalancesState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Reversed => "reversed",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Posted, Self::Reversed].into_iter().find(|state| state.as_str() == word)
    }
}

/// Which of the postings of opening balances a journal is, as its source names it: `post-1`, `post-2`, and so on.
pub(crate) fn step(index: usize) -> String {
    format!("post-{}", index + 1)
}
