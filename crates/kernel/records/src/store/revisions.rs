//! Table `records.revision`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_record_model::{Entity, EntityId, Record, RecordId};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::types::Json;

/// A version that a record had.
pub(crate) struct Revision {
    /// The version.
    pub(crate) version: i64,
    /// What made it: `create`, `update`, …
    pub(crate) action: String,
    /// The state.
    pub(crate) state: Option<String>,
    /// The values by the keys that the fields have now.
    pub(crate) values: Map<String, Value>,
    /// When it was made (UTC).
    pub(crate) recorded_at: DateTime<Utc>,
    /// Who made it.
    pub(crate) recorded_by: String,
}

impl Revision {
    /// The record as it was then.
    pub(crate) fn as_of(&self, record: &Record) -> Record {
        Record {
            version: self.version,
            state: self.state.clone(),
            values: self.values.clone(),
            updated_at: self.recorded_at,
            updated_by: self.recorded_by.clone(),
            ..record.clone()
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    action: String,
    state: Option<String>,
    data: Json<Map<String, Value>>,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
}

impl Row {
    fn into_revision(self, entity: &Entity) -> Revision {
        Revision {
            version: self.version,
            action: self.action,
            state: self.state,
            values: entity.from_stored(self.data.0),
            recorded_at: self.recorded_at,
            recorded_by: self.recorded_by,
        }
    }
}

/// Keeps the version that a record has now.
pub(crate) async fn keep(
    tx: &mut TenantTx,
    entity: &Entity,
    record: &Record,
    action: &str,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into records.revision (tenant_id, entity_id, record_id, version, action, state, data, recorded_at, \
         recorded_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(record.id.uuid())
    .bind(record.version)
    .bind(action)
    .bind(record.state.as_deref())
    .bind(Json(entity.to_stored(&record.values)))
    .bind(record.updated_at)
    .bind(&record.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// At most `limit` versions before `before`, the latest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    record: RecordId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Revision>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select version, action, state, data, recorded_at, recorded_by from records.revision \
         where tenant_id = $1 and entity_id = $2 and record_id = $3 and ($4::bigint is null or version < $4) \
         order by version desc limit $5",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(record.uuid())
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.into_revision(entity)).collect())
}

/// A version of a record.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    record: RecordId,
    version: i64,
) -> Result<Option<Revision>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select version, action, state, data, recorded_at, recorded_by from records.revision \
         where tenant_id = $1 and entity_id = $2 and record_id = $3 and version = $4",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(record.uuid())
    .bind(version)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| row.into_revision(entity)))
}

/// Removes the past of a record for good.
pub(crate) async fn purge(tx: &mut TenantTx, entity: EntityId, record: RecordId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from records.revision where tenant_id = $1 and entity_id = $2 and record_id = $3")
        .bind(tenant)
        .bind(entity.uuid())
        .bind(record.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
