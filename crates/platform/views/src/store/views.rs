//! Table `views.view`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_records::EntityId;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::view::{View, ViewId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity_id: Uuid,
    entity_key: String,
    name: String,
    owner: String,
    is_shared: bool,
    settings: Json<Value>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl TryFrom<Row> for View {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let settings = serde_json::from_value(row.settings.0)
            .map_err(|error| DbError::Corrupt(format!("view {}: {error}", row.id)))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            entity_id: Id::from_uuid(row.entity_id),
            entity: row.entity_key,
            name: row.name,
            owner: row.owner,
            is_shared: row.is_shared,
            settings,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        })
    }
}

/// The view of this id, if this person sees it.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: ViewId,
    person: &str,
) -> Result<Option<View>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity_id, entity_key, name, owner, is_shared, settings, version, created_at, updated_at, updated_by \
         from views.view where tenant_id = $1 and id = $2 and (is_shared or owner = $3)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(person)
    .fetch_optional(tx.conn())
    .await?;
    row.map(View::try_from).transpose()
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: ViewId, person: &str) -> Result<Option<View>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity_id, entity_key, name, owner, is_shared, settings, version, created_at, updated_at, updated_by \
         from views.view where tenant_id = $1 and id = $2 and (is_shared or owner = $3) for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(person)
    .fetch_optional(tx.conn())
    .await?;
    row.map(View::try_from).transpose()
}

/// At most `limit` views that a person sees, after a name and an id, by both; those of an entity, where one is named.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    person: &str,
    entity: Option<EntityId>,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<View>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (name, id) = after.map(|(name, id)| (name.as_str(), *id)).unzip();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, entity_id, entity_key, name, owner, is_shared, settings, version, created_at, updated_at, updated_by \
         from views.view where tenant_id = $1 and (is_shared or owner = $2) and ($3::uuid is null or entity_id = $3) \
         and ($4::text is null or (name, id) > ($4, $5)) order by name, id limit $6",
    )
    .bind(tenant)
    .bind(person)
    .bind(entity.map(Id::uuid))
    .bind(name)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(View::try_from).collect()
}

/// Enters a view, or its next version.
pub(crate) async fn put(tx: &mut TenantTx, view: &View) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into views.view (tenant_id, id, entity_id, entity_key, name, owner, is_shared, settings, version, \
         created_at, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         on conflict (tenant_id, id) do update set entity_key = excluded.entity_key, name = excluded.name, \
         is_shared = excluded.is_shared, settings = excluded.settings, version = excluded.version, \
         updated_at = excluded.updated_at, updated_by = excluded.updated_by",
    )
    .bind(tenant)
    .bind(view.id.uuid())
    .bind(view.entity_id.uuid())
    .bind(&view.entity)
    .bind(&view.name)
    .bind(&view.owner)
    .bind(view.is_shared)
    .bind(Json(&view.settings))
    .bind(view.version)
    .bind(view.created_at)
    .bind(view.updated_at)
    .bind(&view.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a view.
pub(crate) async fn delete(tx: &mut TenantTx, id: ViewId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from views.view where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
