//! An import: a file, how it is taken, and how far it is.

use athyper_kernel_entity::EntityKey;
use athyper_kernel_jobs::{OperationState, Upload};
use athyper_kernel_records::{Change, Written};
use athyper_kernel_types::{Id, OperationId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::options::{Format, Options};
use crate::model::row::Place;

/// Most errors of an import that are kept; all are counted.
pub(crate) const MAX_KEPT_ERRORS: i64 = 10_000;

/// Id of an import: that of its operation.
pub(crate) type ImportId = OperationId;

/// An import.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// Its id, which is that of its operation too.
    pub(crate) id: ImportId,
    /// The file.
    pub(crate) upload: Id<Upload>,
    /// Whose records they are.
    pub(crate) entity: EntityKey,
    /// Form of the file.
    pub(crate) format: Format,
    /// How it is taken.
    pub(crate) options: Options,
    /// Names of the columns and the row that they stand in, once they were read.
    pub(crate) header: Option<Header>,
    /// Size of the file in bytes.
    pub(crate) bytes: i64,
    /// Where the next row is looked for.
    pub(crate) place: Place,
    /// What became of the rows so far.
    pub(crate) tally: Tally,
    /// When it was asked for (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who asked for it.
    pub(crate) created_by: String,
    /// When it ended (UTC), and how.
    pub(crate) ended: Option<(DateTime<Utc>, bool)>,
}

/// The header of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The names of the columns.
    pub(crate) names: Vec<String>,
    /// The row that they stand in.
    pub(crate) row: u64,
}

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = transfer::Tally)]
pub(crate) struct Tally {
    /// Rows that were read, the header apart.
    pub(crate) rows: i64,
    /// Records that were made, or would be.
    pub(crate) created: i64,
    /// Records that were changed, or would be.
    pub(crate) updated: i64,
    /// Rows that say what their record has already.
    pub(crate) unchanged: i64,
    /// Rows that could not be taken.
    pub(crate) failed: i64,
    /// What is wrong with them, all counted; the first 10,000 are kept.
    pub(crate) errors: i64,
}

impl Tally {
    /// Counts a row that was written.
    pub(crate) fn count(&mut self, written: Written) {
        match written.change {
            Change::Created => self.created += 1,
            Change::Updated => self.updated += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }
}

/// An import as clients see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = transfer::Import)]
pub(crate) struct ImportBody {
    /// Its id, which is that of its operation too.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: ImportId,
    /// Key of the entity.
    pub(crate) entity: String,
    /// Form of the file.
    pub(crate) format: Format,
    /// How it is taken.
    pub(crate) options: Options,
    /// Where it stands.
    pub(crate) state: OperationState,
    /// Size of the file in bytes.
    pub(crate) bytes: i64,
    /// How much of it is done; of a workbook nothing until it is done.
    pub(crate) bytes_done: i64,
    /// What became of the rows so far.
    #[serde(flatten)]
    pub(crate) tally: Tally,
    /// When it was asked for (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who asked for it.
    pub(crate) created_by: String,
    /// When it ended (UTC).
    #[schema(nullable)]
    pub(crate) finished_at: Option<DateTime<Utc>>,
}

impl Import {
    /// The import as clients see it; `operation` is where its operation stands.
    pub(crate) fn body(&self, operation: Option<OperationState>) -> ImportBody {
        let is_begun = self.tally.rows > 0 || self.header.is_some();
        let state = match (self.ended, operation) {
            (Some((_, true)), _) => OperationState::Succeeded,
            (Some((_, false)), _) => OperationState::Failed,
            (None, Some(state)) => state,
            (None, None) if is_begun => OperationState::Running,
            (None, None) => OperationState::Queued,
        };
        let is_done = self.ended.is_some_and(|(_, succeeded)| succeeded);
        let done = match self.format {
            _ if is_done => self.bytes,
            Format::Xlsx => 0,
            Format::Csv | Format::Jsonl => i64::try_from(self.place.offset).unwrap_or(self.bytes),
        };
        ImportBody {
            id: self.id,
            entity: self.entity.to_string(),
            format: self.format,
            options: self.options.clone(),
            state,
            bytes: self.bytes,
            bytes_done: done,
            tally: self.tally,
            created_at: self.created_at,
            created_by: self.created_by.clone(),
            finished_at: self.ended.map(|(at, _)| at),
        }
    }
}
