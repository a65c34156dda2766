//! Records counted that a change of a definition concerns, and the first of them named.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_record_model::{Concerned, Entity, RecordCount, RecordId, SAMPLES, Slot};
use athyper_kernel_types::Id;
use serde_json::{Map, Value};

use crate::store::redesign;

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
