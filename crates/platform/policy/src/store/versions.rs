//! Table `policy.version`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_policy::PolicyDocument;
use chrono::{DateTime, Utc};
use sqlx::types::Json;

use crate::model::policy::{PolicyId, PolicyVersion};

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    document: Json<PolicyDocument>,
    authors: Vec<String>,
    rolled_back_to: Option<i64>,
    published_at: DateTime<Utc>,
    published_by: String,
}

impl From<Row> for PolicyVersion {
    fn from(row: Row) -> Self {
        Self {
            version: row.version,
            document: row.document.0,
            authors: row.authors,
            rolled_back_to: row.rolled_back_to,
            published_at: row.published_at,
            published_by: row.published_by,
        }
    }
}

/// Enters a version.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    policy: PolicyId,
    version: &PolicyVersion,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into policy.version (tenant_id, policy_id, version, document, authors, rolled_back_to, published_at, \
         published_by) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(policy.uuid())
    .bind(version.version)
    .bind(Json(&version.document))
    .bind(&version.authors)
    .bind(version.rolled_back_to)
    .bind(version.published_at)
    .bind(&version.published_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A version of a policy.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    policy: PolicyId,
    version: i64,
) -> Result<Option<PolicyVersion>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select version, document, authors, rolled_back_to, published_at, published_by from policy.version \
         where tenant_id = $1 and policy_id = $2 and version = $3",
    )
    .bind(tenant)
    .bind(policy.uuid())
    .bind(version)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(PolicyVersion::from))
}

/// At most `limit` versions of a policy before `before`, the newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    policy: PolicyId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<PolicyVersion>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select version, document, authors, rolled_back_to, published_at, published_by from policy.version \
         where tenant_id = $1 and policy_id = $2 and ($3::bigint is null or version < $3) \
         order by version desc limit $4",
    )
    .bind(tenant)
    .bind(policy.uuid())
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(PolicyVersion::from).collect())
}
