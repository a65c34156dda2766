//! Table `decisions.model`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::record::{Model, ModelId};
use crate::model::test_case::TestCase;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    key: String,
    definition: Json<Value>,
    tests: Json<Vec<TestCase>>,
    version: i64,
    published_version: Option<i64>,
    archived_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Row> for Model {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            key: row.key,
            definition: row.definition.0,
            tests: row.tests.0,
            version: row.version,
            published_version: row.published_version,
            archived_at: row.archived_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        }
    }
}

/// Where a model stands, for whoever evaluates it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) id: ModelId,
    pub(crate) published_version: Option<i64>,
    pub(crate) is_archived: bool,
}

/// Where the model of this key stands.
pub(crate) async fn head(tx: &mut impl TenantConnection, key: &str) -> Result<Option<Head>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(Uuid, Option<i64>, bool)> = sqlx::query_as(
        "select id, published_version, archived_at is not null from decisions.model where tenant_id = $1 and key = $2",
    )
    .bind(tenant)
    .bind(key)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(id, published_version, is_archived)| Head {
        id: Id::from_uuid(id),
        published_version,
        is_archived,
    }))
}

/// How many models there are.
pub(crate) async fn count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from decisions.model where tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a model.
pub(crate) async fn insert(tx: &mut TenantTx, model: &Model) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into decisions.model (tenant_id, id, key, definition, tests, version, created_at, created_by, \
         updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8)",
    )
    .bind(tenant)
    .bind(model.id.uuid())
    .bind(&model.key)
    .bind(Json(&model.definition))
    .bind(Json(&model.tests))
    .bind(model.version)
    .bind(model.created_at)
    .bind(&model.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a model is now.
pub(crate) async fn update(tx: &mut TenantTx, model: &Model) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update decisions.model set definition = $3, tests = $4, version = $5, published_version = $6, \
         archived_at = $7, updated_at = $8, updated_by = $9 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(model.id.uuid())
    .bind(Json(&model.definition))
    .bind(Json(&model.tests))
    .bind(model.version)
    .bind(model.published_version)
    .bind(model.archived_at)
    .bind(model.updated_at)
    .bind(&model.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a model.
pub(crate) async fn delete(tx: &mut TenantTx, id: ModelId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from decisions.model where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The model of this key.
pub(crate) async fn find(tx: &mut impl TenantConnection, key: &str) -> Result<Option<Model>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, definition, tests, version, published_version, archived_at, created_at, updated_at, \
         updated_by from decisions.model where tenant_id = $1 and key = $2",
    )
    .bind(tenant)
    .bind(key)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Model::from))
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, key: &str) -> Result<Option<Model>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, definition, tests, version, published_version, archived_at, created_at, updated_at, \
         updated_by from decisions.model where tenant_id = $1 and key = $2 for update",
    )
    .bind(tenant)
    .bind(key)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Model::from))
}

/// At most `limit` models behind this key, by key; without their documents, which can be large.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Model>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, 'null'::jsonb as definition, '[]'::jsonb as tests, version, published_version, archived_at, \
         created_at, updated_at, updated_by from decisions.model \
         where tenant_id = $1 and ($2::text is null or key > $2) order by key limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Model::from).collect())
}
