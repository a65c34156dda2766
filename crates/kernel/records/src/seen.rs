//! Records and entities as expressions outside of this service see them: for whoever decides about records by conditions.

use athyper_kernel_cel::Value as CelValue;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_record_model::{Entity, seen};
use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::store::records;

/// The record of this id as an expression sees it, an object of its fields and of what every record has; deleted or not.
///
/// # Errors
/// When the database does not answer.
pub async fn find_seen(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    id: Uuid,
) -> Result<Option<CelValue>, DbError> {
    let record = records::find(tx, entity, Id::from_uuid(id)).await?;
    Ok(record.map(|record| seen(entity, &record)))
}

/// At most `limit` records of an entity that are not deleted, the newest first, each as [`find_seen`] gives it.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_seen(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    limit: u32,
) -> Result<Vec<(Uuid, CelValue)>, DbError> {
    let found = records::newest(tx, entity, limit).await?;
    Ok(found.iter().map(|record| (record.id.uuid(), seen(entity, record))).collect())
}
