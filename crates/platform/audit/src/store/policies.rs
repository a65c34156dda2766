//! Table `audit.retention_policy`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::event::EventClass;
use crate::model::retention::{PolicyId, RetentionPolicy};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    class: String,
    keep_days: i32,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for RetentionPolicy {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let class = EventClass::parse(&row.class);
        Ok(Self {
            id: Id::from_uuid(row.id),
            class: class.ok_or_else(|| DbError::Corrupt(format!("class of policy {}", row.id)))?,
            name: row.name,
            keep_days: row.keep_days,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Policies, newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    before: Option<PolicyId>,
    limit: u32,
) -> Result<Vec<RetentionPolicy>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, class, keep_days, version, created_at, created_by from audit.retention_policy \
         where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(RetentionPolicy::try_from).collect()
}

/// The policy with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: PolicyId,
) -> Result<Option<RetentionPolicy>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, class, keep_days, version, created_at, created_by from audit.retention_policy \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(RetentionPolicy::try_from).transpose()
}

/// The policy with this id, which nobody else changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: PolicyId) -> Result<Option<RetentionPolicy>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, class, keep_days, version, created_at, created_by from audit.retention_policy \
         where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(RetentionPolicy::try_from).transpose()
}

/// Enters a policy.
pub(crate) async fn insert(tx: &mut TenantTx, policy: &RetentionPolicy) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into audit.retention_policy \
         (tenant_id, id, name, class, keep_days, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(policy.id.uuid())
    .bind(&policy.name)
    .bind(policy.class.as_str())
    .bind(policy.keep_days)
    .bind(policy.version)
    .bind(policy.created_at)
    .bind(&policy.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores name, days and version of a policy.
pub(crate) async fn update(tx: &mut TenantTx, policy: &RetentionPolicy) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update audit.retention_policy set name = $3, keep_days = $4, version = $5 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(policy.id.uuid())
    .bind(&policy.name)
    .bind(policy.keep_days)
    .bind(policy.version)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a policy.
pub(crate) async fn delete(tx: &mut TenantTx, id: PolicyId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from audit.retention_policy where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
