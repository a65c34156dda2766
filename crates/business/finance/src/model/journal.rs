//! Journals: `draft` → `posted` → `reversed`, and their lines.

use athyper_kernel_types::{Id, JobId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::{AccountCode, AccountId};
use super::amount::{LineAmount, LineAmountBody};

/// How many lines a journal has.
pub(crate) const LINES: std::ops::RangeInclusive<usize> = 2..=1000;

/// Id of a journal.
pub(crate) type JournalId = Id<Journal>;

/// A journal without its lines.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::Journal)]
pub(crate) struct Journal {
    /// Id.
    pub(crate) id: JournalId,
    /// Number, gapless within the year of the date; a draft has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "JE-2024-000042")]
    pub(crate) number: Option<String>,
    /// The day that it belongs to in the books.
    pub(crate) date: NaiveDate,
    /// Who was paid or who paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payee: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) narration: Option<String>,
    /// The caller's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// Where it stands.
    pub(crate) state: JournalState,
    /// The journal that this one reverses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reverses: Option<JournalId>,
    /// The journal that reverses this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversed_by: Option<JournalId>,
    /// When it was posted (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posted_at: Option<DateTime<Utc>>,
    /// Who posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posted_by: Option<String>,
    /// When it was written down (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who wrote it down.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// A journal with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = finance::JournalWithLines)]
pub(crate) struct JournalWithLines {
    /// The journal.
    #[serde(flatten)]
    pub(crate) journal: Journal,
    /// Its lines, in the order in which they were written.
    pub(crate) lines: Vec<Line>,
}

/// A line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::JournalLine)]
pub(crate) struct Line {
    /// Position, counted from 1.
    #[serde(rename = "lineNo")]
    pub(crate) position: i32,
    /// Id of the account.
    #[serde(skip)]
    pub(crate) account_id: AccountId,
    /// Code of the account.
    #[schema(value_type = String, example = "Assets:US:BofA:Checking")]
    pub(crate) account: AccountCode,
    /// What it adds to the account.
    #[serde(flatten)]
    #[schema(value_type = LineAmountBody)]
    pub(crate) amount: LineAmount,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
}

/// Where a journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = finance::JournalState)]
pub(crate) enum JournalState {
    /// It may still change, and counts in no balance.
    Draft,
    /// It counts, and never changes.
    Posted,
    /// It counts, and another journal undoes it.
    Reversed,
}

impl JournalState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Posted => "posted",
            Self::Reversed => "reversed",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Posted, Self::Reversed].into_iter().find(|state| state.as_str() == word)
    }
}

/// A journal about to be written down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewJournal {
    /// Id.
    pub(crate) id: JournalId,
    /// The day that it belongs to.
    pub(crate) date: NaiveDate,
    /// Who was paid or who paid.
    pub(crate) payee: Option<String>,
    /// What it is about.
    pub(crate) narration: Option<String>,
    /// The caller's own reference.
    pub(crate) reference: Option<String>,
    /// The journal that it reverses.
    pub(crate) reverses: Option<JournalId>,
    /// Where it comes from, if it comes from a file.
    pub(crate) import: Option<ImportedFrom>,
    /// Its lines.
    pub(crate) lines: Vec<NewLine>,
}

/// The entry of a file that a journal was made from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImportedFrom {
    /// The job that reads the file.
    pub(crate) job: JobId,
    /// The entry in the file.
    pub(crate) entry_no: String,
}

/// A line about to be written down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewLine {
    /// The account.
    pub(crate) account: AccountId,
    /// What it adds to the account.
    pub(crate) amount: LineAmount,
    /// A note.
    pub(crate) memo: Option<String>,
}

impl JournalWithLines {
    /// The journal that undoes this one: the same lines on the other side.
    pub(crate) fn mirrored(&self, id: JournalId, date: NaiveDate, narration: Option<String>) -> NewJournal {
        let default_narration =
            || format!("Reversal of {}", self.journal.number.as_deref().unwrap_or_default());
        let lines = self.lines.iter().map(|line| NewLine {
            account: line.account_id,
            amount: line.amount.mirrored(),
            memo: line.memo.clone(),
        });
        NewJournal {
            id,
            date,
            payee: self.journal.payee.clone(),
            narration: narration.or_else(|| Some(default_narration())),
            reference: self.journal.reference.clone(),
            reverses: Some(self.journal.id),
            import: None,
            lines: lines.collect(),
        }
    }
}
