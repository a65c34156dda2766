//! Table `decisions.version`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use crate::model::record::ModelId;
use crate::model::test_case::TestCase;
use crate::model::version::Version;

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    definition: Json<Value>,
    tests: Json<Vec<TestCase>>,
    note: Option<String>,
    published_at: DateTime<Utc>,
    published_by: String,
}

impl From<Row> for Version {
    fn from(row: Row) -> Self {
        Self {
            number: row.version,
            note: row.note,
            published_at: row.published_at,
            published_by: row.published_by,
            definition: row.definition.0,
            tests: row.tests.0,
        }
    }
}

/// Enters a version.
pub(crate) async fn insert(tx: &mut TenantTx, model: ModelId, version: &Version) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into decisions.version (tenant_id, model_id, version, definition, tests, note, published_at, \
         published_by) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(model.uuid())
    .bind(version.number)
    .bind(Json(&version.definition))
    .bind(Json(&version.tests))
    .bind(&version.note)
    .bind(version.published_at)
    .bind(&version.published_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A version of a model.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    model: ModelId,
    version: i64,
) -> Result<Option<Version>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select version, definition, tests, note, published_at, published_by from decisions.version \
         where tenant_id = $1 and model_id = $2 and version = $3",
    )
    .bind(tenant)
    .bind(model.uuid())
    .bind(version)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Version::from))
}

/// At most `limit` versions before this one, the newest first; without their documents.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    model: ModelId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Version>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select version, 'null'::jsonb as definition, '[]'::jsonb as tests, note, published_at, published_by \
         from decisions.version where tenant_id = $1 and model_id = $2 and ($3::bigint is null or version < $3) \
         order by version desc limit $4",
    )
    .bind(tenant)
    .bind(model.uuid())
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Version::from).collect())
}
