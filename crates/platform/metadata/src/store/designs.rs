//! Table `metadata.design`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_records::EntityId;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::design::Design;
use crate::model::slots::Slots;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    key: String,
    definition: Json<Value>,
    slots: Json<Slots>,
    version: i64,
    published_version: Option<i64>,
    archived_at: Option<DateTime<Utc>>,
    operation_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Row> for Design {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            key: row.key,
            definition: row.definition.0,
            slots: row.slots.0,
            version: row.version,
            published_version: row.published_version,
            archived_at: row.archived_at,
            operation: row.operation_id.map(Id::from_uuid),
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        }
    }
}

/// How many designs there are.
pub(crate) async fn count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from metadata.design where tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a design.
pub(crate) async fn insert(tx: &mut TenantTx, design: &Design) -> Result<(), DbError> {
    let (tenant, actor) = (tx.tenant_id().uuid(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into metadata.design (tenant_id, id, key, definition, slots, version, created_at, created_by, \
         updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8)",
    )
    .bind(tenant)
    .bind(design.id.uuid())
    .bind(&design.key)
    .bind(Json(&design.definition))
    .bind(Json(&design.slots))
    .bind(design.version)
    .bind(design.created_at)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a design is now.
pub(crate) async fn update(tx: &mut TenantTx, design: &Design) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update metadata.design set key = $3, definition = $4, slots = $5, version = $6, published_version = $7, \
         archived_at = $8, operation_id = $9, updated_at = $10, updated_by = $11 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(design.id.uuid())
    .bind(&design.key)
    .bind(Json(&design.definition))
    .bind(Json(&design.slots))
    .bind(design.version)
    .bind(design.published_version)
    .bind(design.archived_at)
    .bind(design.operation.map(Id::uuid))
    .bind(design.updated_at)
    .bind(&design.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts a field last in the document of a design, which need not be sent as a whole. What else the design is now is stored by
/// [`update_state`].
pub(crate) async fn append_field(tx: &mut TenantTx, design: &Design, field: &Value) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update metadata.design set definition = jsonb_set(definition, '{fields}', \
         coalesce(definition -> 'fields', '[]') || jsonb_build_array($3::jsonb)) where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(design.id.uuid())
    .bind(Json(field))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a design is now, but for its document, which can be large.
pub(crate) async fn update_state(tx: &mut TenantTx, design: &Design) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update metadata.design set slots = $3, version = $4, published_version = $5, archived_at = $6, \
         operation_id = $7, updated_at = $8, updated_by = $9 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(design.id.uuid())
    .bind(Json(&design.slots))
    .bind(design.version)
    .bind(design.published_version)
    .bind(design.archived_at)
    .bind(design.operation.map(Id::uuid))
    .bind(design.updated_at)
    .bind(&design.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a design.
pub(crate) async fn delete(tx: &mut TenantTx, id: EntityId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from metadata.design where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The design of this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: EntityId) -> Result<Option<Design>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, definition, slots, version, published_version, archived_at, operation_id, created_at, \
         updated_at, updated_by from metadata.design where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Design::from))
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: EntityId) -> Result<Option<Design>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, definition, slots, version, published_version, archived_at, operation_id, created_at, \
         updated_at, updated_by from metadata.design where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Design::from))
}

/// The designs whose documents have these keys, locked, by key and id.
pub(crate) async fn lock_by_keys(tx: &mut TenantTx, keys: &[&str]) -> Result<Vec<Design>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, definition, slots, version, published_version, archived_at, operation_id, created_at, \
         updated_at, updated_by from metadata.design where tenant_id = $1 and key = any($2) order by key, id for update",
    )
    .bind(tenant)
    .bind(keys)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Design::from).collect())
}

/// At most `limit` designs behind this key and id, by key and id; without their documents, which can be large.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<Design>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, 'null'::jsonb as definition, '{}'::jsonb as slots, version, published_version, archived_at, \
         operation_id, created_at, updated_at, updated_by from metadata.design \
         where tenant_id = $1 and ($2::text is null or (key, id) > ($2, $3)) order by key, id limit $4",
    )
    .bind(tenant)
    .bind(after.map(|(key, _)| key))
    .bind(after.map(|(_, id)| id))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Design::from).collect())
}
