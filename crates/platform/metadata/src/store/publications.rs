//! Table `metadata.publication`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_records::{EntityId, Move, RecordId};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::change::Change;
use crate::model::document::{self, Document};
use crate::model::slots::Slots;

/// A publication whose records are brought to the new definition by a job.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    /// The entity.
    pub(crate) entity: EntityId,
    /// What comes in force.
    pub(crate) document: Document,
    /// All slots then.
    pub(crate) slots: Slots,
    /// What is done to each record.
    pub(crate) work: Work,
    /// What it changes.
    pub(crate) changes: Vec<Change>,
    /// What whoever publishes it says.
    pub(crate) note: Option<String>,
    /// The version that was in force when it began.
    pub(crate) base_version: i64,
    /// Whether the definition is in force, and what only the one before needed is taken away.
    pub(crate) in_force: bool,
    /// The last record that is done.
    pub(crate) after: Option<RecordId>,
    /// How many are done.
    pub(crate) done: i64,
}

/// What is done to each record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Work {
    /// Values that get another form.
    pub(crate) moves: Vec<Move>,
    /// Fields whose default is given to records without a value.
    pub(crate) defaults: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    definition: Json<Value>,
    slots: Json<Slots>,
    work: Json<Work>,
    changes: Json<Vec<Change>>,
    note: Option<String>,
    base_version: i64,
    in_force: bool,
    after_record: Option<Uuid>,
    done: i64,
}

/// Enters a publication in the place of an earlier one of the entity.
pub(crate) async fn put(tx: &mut TenantTx, publication: &Publication) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into metadata.publication (tenant_id, entity_id, definition, slots, work, changes, note, base_version, \
         in_force, done) values ($1, $2, $3, $4, $5, $6, $7, $8, false, 0) \
         on conflict (tenant_id, entity_id) do update set definition = excluded.definition, slots = excluded.slots, \
         work = excluded.work, changes = excluded.changes, note = excluded.note, base_version = excluded.base_version, \
         in_force = false, after_record = null, done = 0",
    )
    .bind(tenant)
    .bind(publication.entity.uuid())
    .bind(Json(&publication.document))
    .bind(Json(&publication.slots))
    .bind(Json(&publication.work))
    .bind(Json(&publication.changes))
    .bind(&publication.note)
    .bind(publication.base_version)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The publication of an entity that is under way.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    entity: EntityId,
) -> Result<Option<Publication>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select definition, slots, work, changes, note, base_version, in_force, after_record, done from metadata.publication \
         where tenant_id = $1 and entity_id = $2",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let faulty = |_| DbError::Corrupt(format!("the publication of entity {entity}"));
    Ok(Some(Publication {
        entity,
        document: document::read(&row.definition.0).map_err(faulty)?,
        slots: row.slots.0,
        work: row.work.0,
        changes: row.changes.0,
        note: row.note,
        base_version: row.base_version,
        in_force: row.in_force,
        after: row.after_record.map(Id::from_uuid),
        done: row.done,
    }))
}

/// Says how far it is.
pub(crate) async fn advance(
    tx: &mut TenantTx,
    entity: EntityId,
    after: Option<RecordId>,
    done: i64,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update metadata.publication set after_record = $3, done = $4 where tenant_id = $1 and entity_id = $2",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(after.map(Id::uuid))
    .bind(done)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Its definition is in force. The records are walked through once more.
pub(crate) async fn put_in_force(tx: &mut TenantTx, entity: EntityId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update metadata.publication set in_force = true, after_record = null, done = 0 \
         where tenant_id = $1 and entity_id = $2",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// It has ended.
pub(crate) async fn delete(tx: &mut TenantTx, entity: EntityId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from metadata.publication where tenant_id = $1 and entity_id = $2")
        .bind(tenant)
        .bind(entity.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
