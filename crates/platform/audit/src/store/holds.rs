//! Table `audit.legal_hold`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::event::EventClass;
use crate::model::legal_hold::{HoldId, LegalHold};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    reason: String,
    class: Option<String>,
    actor_id: Option<String>,
    subject_type: Option<String>,
    subject_id: Option<String>,
    recorded_from: Option<DateTime<Utc>>,
    recorded_until: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
    released_at: Option<DateTime<Utc>>,
    released_by: Option<String>,
}

impl TryFrom<Row> for LegalHold {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("class of legal hold {}", row.id));
        let class = row.class.as_deref().map(|class| EventClass::parse(class).ok_or_else(corrupt));
        Ok(Self {
            id: Id::from_uuid(row.id),
            class: class.transpose()?,
            name: row.name,
            reason: row.reason,
            actor_id: row.actor_id,
            subject_type: row.subject_type,
            subject_id: row.subject_id,
            recorded_from: row.recorded_from,
            recorded_until: row.recorded_until,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
            released_at: row.released_at,
            released_by: row.released_by,
        })
    }
}

/// Holds, newest first, those that are released included.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    before: Option<HoldId>,
    limit: u32,
) -> Result<Vec<LegalHold>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, reason, class, actor_id, subject_type, subject_id, recorded_from, recorded_until, version, \
         created_at, created_by, released_at, released_by from audit.legal_hold \
         where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(LegalHold::try_from).collect()
}

/// The hold with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: HoldId) -> Result<Option<LegalHold>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, reason, class, actor_id, subject_type, subject_id, recorded_from, recorded_until, version, \
         created_at, created_by, released_at, released_by from audit.legal_hold where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(LegalHold::try_from).transpose()
}

/// The hold with this id, which nobody else changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: HoldId) -> Result<Option<LegalHold>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, reason, class, actor_id, subject_type, subject_id, recorded_from, recorded_until, version, \
         created_at, created_by, released_at, released_by from audit.legal_hold where tenant_id = $1 and id = $2 \
         for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(LegalHold::try_from).transpose()
}

/// Enters a hold.
pub(crate) async fn insert(tx: &mut TenantTx, hold: &LegalHold) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into audit.legal_hold (tenant_id, id, name, reason, class, actor_id, subject_type, subject_id, \
         recorded_from, recorded_until, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(tenant)
    .bind(hold.id.uuid())
    .bind(&hold.name)
    .bind(&hold.reason)
    .bind(hold.class.map(EventClass::as_str))
    .bind(&hold.actor_id)
    .bind(&hold.subject_type)
    .bind(&hold.subject_id)
    .bind(hold.recorded_from)
    .bind(hold.recorded_until)
    .bind(hold.version)
    .bind(hold.created_at)
    .bind(&hold.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores that a hold is released.
pub(crate) async fn release(tx: &mut TenantTx, hold: &LegalHold) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update audit.legal_hold set released_at = $3, released_by = $4, version = $5 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(hold.id.uuid())
    .bind(hold.released_at)
    .bind(&hold.released_by)
    .bind(hold.version)
    .execute(tx.conn())
    .await?;
    Ok(())
}
