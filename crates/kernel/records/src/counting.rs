//! What a change of a definition concerns: records counted, and the first of them named.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_record_model::{Entity, RecordId, Slot};
use athyper_kernel_types::Id;
use serde_json::{Map, Value};

use crate::store::redesign;

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

impl From<(i64, Vec<uuid::Uuid>)> for Concerned {
    fn from((count, samples): (i64, Vec<uuid::Uuid>)) -> Self {
        Self { count, samples: samples.into_iter().map(Id::from_uuid).collect() }
    }
}

/// How many records there are.
///
/// # Errors
/// When the database does not answer.
pub async fn count_all(tx: &mut impl TenantConnection, entity: &Entity) -> Result<RecordCount, DbError> {
    let (live, all) = redesign::count(tx, entity).await?;
    Ok(RecordCount { live, all })
}

/// The live records that have a value in a slot (`is_there`), or have none.
///
/// # Errors
/// When the database does not answer.
pub async fn count_values(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    slot: Slot,
    is_there: bool,
) -> Result<Concerned, DbError> {
    Ok(redesign::with_value(tx, entity, slot, is_there, SAMPLES).await?.into())
}

/// The live records in one of these states, or in any where none are named.
///
/// # Errors
/// When the database does not answer.
pub async fn count_states(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    states: &[String],
) -> Result<Concerned, DbError> {
    Ok(redesign::in_states(tx, entity, states, SAMPLES).await?.into())
}

/// Stored values of at most `limit` live records behind `after`, by slot.
///
/// # Errors
/// When the database does not answer.
pub async fn stored_values(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<(RecordId, Map<String, Value>)>, DbError> {
    let page = redesign::page(tx, entity, after, i64::from(limit), false).await?;
    Ok(page.into_iter().map(|stored| (Id::from_uuid(stored.id), stored.data.0)).collect())
}
