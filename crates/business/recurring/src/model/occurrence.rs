//! Occurrences of recurring entries: each is made once, or is kept as what hinders it.

use athyper_kernel_types::Id;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::allocation::Allocation;
use super::entry::EntryId;

/// Id of an occurrence.
pub(crate) type OccurrenceId = Id<Occurrence>;

/// Where an occurrence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = recurring::OccurrenceState)]
pub(crate) enum OccurrenceState {
    /// It is to be made when its day has come.
    Planned,
    /// It is in the books.
    Made,
    /// The ledger refused it: it is tried again by each run.
    Failed,
    /// Somebody decided that it is not made.
    Skipped,
    /// It was in the books and is reversed.
    Undone,
}

impl OccurrenceState {
    const ALL: [Self; 5] = [Self::Planned, Self::Made, Self::Failed, Self::Skipped, Self::Undone];

    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Made => "made",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Undone => "undone",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether it is still to be made.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Failed)
    }
}

/// What an occurrence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = recurring::Step)]
pub(crate) enum Step {
    /// It posts the entry.
    Post,
    /// It reverses what the occurrence of the same number posted.
    Reverse,
}

impl Step {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Reverse => "reverse",
        }
    }

    /// The one with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Post, Self::Reverse].into_iter().find(|step| step.as_str() == word)
    }
}

/// An occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Occurrence)]
pub(crate) struct Occurrence {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: OccurrenceId,
    /// The recurring entry.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) entry: EntryId,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// Which of its occurrences it is, from 1.
    pub(crate) number: u32,
    /// What it does.
    pub(crate) step: Step,
    /// The day that it belongs to in the books.
    pub(crate) due_on: NaiveDate,
    /// Where it stands.
    pub(crate) state: OccurrenceState,
    /// How often it was tried.
    pub(crate) attempts: i32,
    /// Why the ledger refused it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// Stable code of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "finance.period_closed")]
    pub(crate) problem_code: Option<String>,
    /// Why it was skipped or undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// How it came about, if it is of an allocation key and was made, or skipped because there was nothing to spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allocation: Option<Allocation>,
    /// Id of its journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<Uuid>,
    /// Number of its journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "JE-2025-000042")]
    pub(crate) journal_number: Option<String>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
    /// When it became due and was written down (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// By whom: a job where the system did.
    pub(crate) created_by: String,
}
