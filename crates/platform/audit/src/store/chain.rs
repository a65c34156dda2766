//! Table `audit.chain`, and the columns of `audit.event` that the sealer fills.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::body::TrailEvent;
use crate::model::chain::{GENESIS, Hash};

/// Where a tenant's chain stands.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ChainRow {
    pub(crate) size: i64,
    pub(crate) head_hash: Vec<u8>,
    pub(crate) checkpointed: i64,
    pub(crate) checkpoint_at: DateTime<Utc>,
}

/// What waits for the sealer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) events: i64,
    /// When the oldest of them was written.
    pub(crate) oldest: Option<DateTime<Utc>>,
}

/// The tenants that have events which wait for the sealer. Goes from tenant to tenant by the index, however many events
/// each of them has.
pub(crate) async fn tenants_with_unsealed(tx: &mut SystemTx) -> Result<Vec<TenantId>, DbError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "with recursive waiting as ( \
           (select e.tenant_id from audit.event e where e.seq is null order by e.tenant_id limit 1) \
           union all \
           select (select e.tenant_id from audit.event e where e.seq is null and e.tenant_id > w.tenant_id \
                   order by e.tenant_id limit 1) \
           from waiting w where w.tenant_id is not null) \
         select tenant_id from waiting where tenant_id is not null",
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// What waits for the sealer, in all tenants together.
pub(crate) async fn waiting(tx: &mut SystemTx) -> Result<Waiting, DbError> {
    let (events, oldest) =
        sqlx::query_as("select count(*), min(recorded_at) from audit.event where seq is null")
            .fetch_one(tx.conn())
            .await?;
    Ok(Waiting { events, oldest })
}

/// Holds the chain of a tenant until the transaction ends; none when somebody else holds it.
pub(crate) async fn hold(tx: &mut SystemTx, tenant: TenantId) -> Result<Option<ChainRow>, DbError> {
    if let Some(row) = try_hold(tx, tenant).await? {
        return Ok(Some(row));
    }
    let now = tx.now();
    sqlx::query(
        "insert into audit.chain (tenant_id, size, head_hash, sealed_at, checkpointed, checkpoint_at) \
         select $1, 0, $2, $3, 0, $3 where not exists (select 1 from audit.chain where tenant_id = $1) \
         on conflict (tenant_id) do nothing",
    )
    .bind(tenant.uuid())
    .bind(GENESIS.as_slice())
    .bind(now)
    .execute(tx.conn())
    .await?;
    try_hold(tx, tenant).await
}

async fn try_hold(tx: &mut SystemTx, tenant: TenantId) -> Result<Option<ChainRow>, DbError> {
    let row = sqlx::query_as(
        "select size, head_hash, checkpointed, checkpoint_at from audit.chain where tenant_id = $1 \
         for update skip locked",
    )
    .bind(tenant.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// The next events to seal, in their final order.
///
/// `pg_snapshot_xmin` is the oldest transaction that is still under way: every one before it has ended, so no event can
/// appear any more before those that are taken here. An event whose transaction is not before `pg_snapshot_xmax` and yet
/// visible was written in another life of the database, from which it was restored; nothing can appear before it either.
pub(crate) async fn next_unsealed(
    tx: &mut SystemTx,
    tenant: TenantId,
    limit: i64,
) -> Result<Vec<TrailEvent>, DbError> {
    let rows = sqlx::query_as(
        "select id, recorded_at, type, level, class, actor_kind, actor_id, realm_key, org_key, request_id, trace_id, \
         session_id, subject_type, subject_id, message, meta, personal, seq, prev_hash, hash \
         from audit.event where tenant_id = $1 and seq is null \
         and (xid < pg_snapshot_xmin(pg_current_snapshot()) or xid >= pg_snapshot_xmax(pg_current_snapshot())) \
         order by xid, id limit $2",
    )
    .bind(tenant.uuid())
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Seals events: their ids and hashes in order, behind `size` events of which the last has the hash `prev`. Gives back how
/// many were sealed.
pub(crate) async fn seal(
    tx: &mut SystemTx,
    tenant: TenantId,
    size: i64,
    prev: &Hash,
    sealed: &[(Uuid, Hash)],
) -> Result<u64, DbError> {
    let ids: Vec<Uuid> = sealed.iter().map(|(id, _)| *id).collect();
    let hashes: Vec<&[u8]> = sealed.iter().map(|(_, hash)| hash.as_slice()).collect();
    let before = std::iter::once(prev).chain(sealed.iter().map(|(_, hash)| hash));
    let before: Vec<&[u8]> = before.take(sealed.len()).map(Hash::as_slice).collect();
    let done = sqlx::query(
        "update audit.event e set seq = $2 + s.place, prev_hash = s.prev_hash, hash = s.hash \
         from unnest($3::uuid[], $4::bytea[], $5::bytea[]) with ordinality as s (id, prev_hash, hash, place) \
         where e.tenant_id = $1 and e.id = s.id and e.seq is null",
    )
    .bind(tenant.uuid())
    .bind(size)
    .bind(ids)
    .bind(before)
    .bind(hashes)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Notes how far the chain has come.
pub(crate) async fn advance(
    tx: &mut SystemTx,
    tenant: TenantId,
    size: i64,
    head: &Hash,
) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query("update audit.chain set size = $2, head_hash = $3, sealed_at = $4 where tenant_id = $1")
        .bind(tenant.uuid())
        .bind(size)
        .bind(head.as_slice())
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes up to where the chain is signed.
pub(crate) async fn note_checkpoint(tx: &mut SystemTx, tenant: TenantId, size: i64) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query("update audit.chain set checkpointed = $2, checkpoint_at = $3 where tenant_id = $1")
        .bind(tenant.uuid())
        .bind(size)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The tenants whose chain is due to be signed: so many events since the last checkpoint, or any and so long ago.
pub(crate) async fn tenants_to_sign(
    tx: &mut SystemTx,
    events: i64,
    before: DateTime<Utc>,
) -> Result<Vec<TenantId>, DbError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select tenant_id from audit.chain \
         where size - checkpointed >= $1 or size > checkpointed and checkpoint_at <= $2 order by tenant_id",
    )
    .bind(events)
    .bind(before)
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// Where the tenant's chain stands; none before its first event was sealed.
pub(crate) async fn find(tx: &mut impl TenantConnection) -> Result<Option<ChainRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row = sqlx::query_as(
        "select size, head_hash, checkpointed, checkpoint_at from audit.chain where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// How many events of the tenant wait for the sealer.
pub(crate) async fn count_unsealed(tx: &mut impl TenantConnection) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let count = sqlx::query_scalar("select count(*) from audit.event where tenant_id = $1 and seq is null")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?;
    Ok(count)
}
