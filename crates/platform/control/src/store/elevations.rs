//! Table `control.elevation`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::elevation::{Elevation, ElevationKind};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    actor_id: String,
    target_tenant_id: Option<Uuid>,
    reason: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    version: i64,
}

impl From<Row> for Elevation {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            actor_id: row.actor_id,
            tenant_id: row.target_tenant_id.map(Id::from_uuid),
            reason: row.reason,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            ended_at: row.ended_at,
            version: row.version,
        }
    }
}

/// Enters a new elevation.
pub(crate) async fn insert(tx: &mut TenantTx, elevation: &Elevation) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into control.elevation (tenant_id, id, actor_id, target_tenant_id, reason, starts_at, ends_at, \
           ended_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(elevation.id.uuid())
    .bind(&elevation.actor_id)
    .bind(elevation.tenant_id.map(Id::uuid))
    .bind(&elevation.reason)
    .bind(elevation.starts_at)
    .bind(elevation.ends_at)
    .bind(elevation.ended_at)
    .bind(elevation.version)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The elevation with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: Id<ElevationKind>) -> Result<Option<Elevation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, actor_id, target_tenant_id, reason, starts_at, ends_at, ended_at, version \
         from control.elevation where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Elevation::from))
}

/// Ends an elevation before its time.
pub(crate) async fn end(tx: &mut TenantTx, id: Id<ElevationKind>, at: DateTime<Utc>) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update control.elevation set ended_at = $3, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The elevation of this actor that holds at this time: for reading in `target`, or for changing the register where
/// there is no target. The one that lasts longest, where there are several.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn find_live(
    tx: &mut impl TenantConnection,
    actor_id: &str,
    target: Option<TenantId>,
    now: DateTime<Utc>,
) -> Result<Option<Elevation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, actor_id, target_tenant_id, reason, starts_at, ends_at, ended_at, version \
         from control.elevation \
         where tenant_id = $1 and actor_id = $2 and target_tenant_id is not distinct from $3 \
           and starts_at <= $4 and ends_at > $4 and ended_at is null \
         order by ends_at desc limit 1",
    )
    .bind(tenant)
    .bind(actor_id)
    .bind(target.map(Id::uuid))
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Elevation::from))
}

/// At most `limit` elevations before this one, latest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    before: Option<Id<ElevationKind>>,
    limit: u32,
) -> Result<Vec<Elevation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, actor_id, target_tenant_id, reason, starts_at, ends_at, ended_at, version \
         from control.elevation where tenant_id = $1 and ($2::uuid is null or id < $2) \
         order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Elevation::from).collect())
}
