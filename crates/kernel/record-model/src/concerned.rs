//! What a change of a definition concerns: how many records, and the first of them.

use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::entity::RecordId;

/// Most records that are named where some are to blame.
pub const SAMPLES: i64 = 10;

/// How many records of an entity there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordCount {
    /// Those that are not deleted.
    pub live: i64,
    /// All.
    pub all: i64,
}

/// How many records something concerns, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// How many.
    pub count: i64,
    /// At most [`SAMPLES`] of them.
    pub samples: Vec<RecordId>,
}

impl From<(i64, Vec<Uuid>)> for Concerned {
    fn from((count, samples): (i64, Vec<Uuid>)) -> Self {
        Self { count, samples: samples.into_iter().map(Id::from_uuid).collect() }
    }
}
