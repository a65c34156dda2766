//! Table `metadata.version`.

use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_entity::EntityDef;
use athyper_kernel_records::{EntityId, Slot, SystemEntities};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use crate::model::change::Change;
use crate::model::document::{self, Document};
use crate::model::slots::Slots;

/// A version that was put in force.
#[derive(Clone, Debug)]
pub(crate) struct Version<D = Value> {
    /// Its number.
    pub(crate) number: i64,
    /// The definition.
    pub(crate) definition: D,
    /// Slots of its fields.
    pub(crate) slots: Slots,
    /// What it changed.
    pub(crate) changes: Vec<Change>,
    /// What whoever published it said.
    pub(crate) note: Option<String>,
    /// When it was put in force (UTC).
    pub(crate) published_at: DateTime<Utc>,
    /// Who put it in force.
    pub(crate) published_by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    definition: Json<Value>,
    slots: Json<Slots>,
    changes: Json<Vec<Change>>,
    note: Option<String>,
    published_at: DateTime<Utc>,
    published_by: String,
}

impl From<Row> for Version {
    fn from(row: Row) -> Self {
        Self {
            number: row.version,
            definition: row.definition.0,
            slots: row.slots.0,
            changes: row.changes.0,
            note: row.note,
            published_at: row.published_at,
            published_by: row.published_by,
        }
    }
}

impl Version {
    /// The definition, which had no faults when it was published.
    ///
    /// # Errors
    /// When it has some now.
    pub(crate) fn def(&self, system: &SystemEntities) -> Result<Arc<EntityDef>, DbError> {
        let def = document::read(&self.definition).and_then(|document| document.definition(system));
        def.map_err(|faults| {
            let first = faults.into_iter().next().map(|fault| format!("{} {}", fault.pointer, fault.message));
            DbError::Corrupt(format!(
                "version {} of a definition: {}",
                self.number,
                first.unwrap_or_default()
            ))
        })
    }
}

/// Enters a version.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    entity: EntityId,
    version: &Version<Document>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into metadata.version (tenant_id, entity_id, version, definition, slots, changes, note, published_at, \
         published_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(version.number)
    .bind(Json(&version.definition))
    .bind(Json(&version.slots))
    .bind(Json(&version.changes))
    .bind(&version.note)
    .bind(version.published_at)
    .bind(&version.published_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A version of an entity.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    version: i64,
) -> Result<Option<Version>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select version, definition, slots, changes, note, published_at, published_by from metadata.version \
         where tenant_id = $1 and entity_id = $2 and version = $3",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(version)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Version::from))
}

/// The last version in which a field had one of these slots.
pub(crate) async fn last_with(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    slots: &[Slot],
) -> Result<Option<Version>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select version, definition, slots, changes, note, published_at, published_by from metadata.version v \
         where v.tenant_id = $1 and v.entity_id = $2 \
         and exists (select 1 from jsonb_each(v.slots) as s where (s.value)::integer = any($3)) \
         order by v.version desc limit 1",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(slots)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Version::from))
}

/// The slots of the last versions of an entity, the newest first.
pub(crate) async fn slots(
    tx: &mut impl TenantConnection,
    entity: EntityId,
) -> Result<Vec<(i64, Slots)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(i64, Json<Slots>)> = sqlx::query_as(
        "select version, slots from metadata.version where tenant_id = $1 and entity_id = $2 \
         order by version desc limit 500",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(version, slots)| (version, slots.0)).collect())
}

/// At most `limit` versions before this one, the newest first; without their definitions.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Version>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select version, 'null'::jsonb as definition, '{}'::jsonb as slots, changes, note, published_at, published_by \
         from metadata.version where tenant_id = $1 and entity_id = $2 and ($3::bigint is null or version < $3) \
         order by version desc limit $4",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Version::from).collect())
}
