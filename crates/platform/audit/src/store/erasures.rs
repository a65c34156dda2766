//! Tables `audit.erasure` and `audit.personal_value`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Id of an erasure.
pub(crate) type ErasureId = Id<Erasure>;

/// An erasure: what the trail said about a person up to then is gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::Erasure)]
pub(crate) struct Erasure {
    /// Id.
    pub(crate) id: ErasureId,
    /// Whose values: the subject of that person's tokens.
    pub(crate) subject: String,
    /// Why.
    pub(crate) reason: String,
    /// How many values were erased.
    pub(crate) erased_values: i64,
    /// When (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who asked for it.
    pub(crate) created_by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    subject: String,
    reason: String,
    erased_values: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl From<Row> for Erasure {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            subject: row.subject,
            reason: row.reason,
            erased_values: row.erased_values,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

/// Erases every value and salt of a person of these names, in the name of this erasure, and says how many there were.
pub(crate) async fn erase(tx: &mut TenantTx, names: &[String], erasure: ErasureId) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let done = sqlx::query(
        "update audit.personal_value set person = null, value = null, salt = null, erasure_id = $3 \
         where tenant_id = $1 and person = any($2)",
    )
    .bind(tenant)
    .bind(names)
    .bind(erasure.uuid())
    .execute(tx.conn())
    .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

/// Enters an erasure.
pub(crate) async fn insert(tx: &mut TenantTx, erasure: &Erasure) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into audit.erasure (tenant_id, id, subject, reason, erased_values, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(erasure.id.uuid())
    .bind(&erasure.subject)
    .bind(&erasure.reason)
    .bind(erasure.erased_values)
    .bind(erasure.created_at)
    .bind(&erasure.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Erasures, newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    before: Option<ErasureId>,
    limit: u32,
) -> Result<Vec<Erasure>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, subject, reason, erased_values, created_at, created_by from audit.erasure \
         where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Erasure::from).collect())
}
