//! Tables `audit.checkpoint` and `audit.signing_key`.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::chain::{Link, as_hash};
use crate::model::checkpoint::Checkpoint;
use crate::model::keys::PublicKey;

#[derive(sqlx::FromRow)]
struct Row {
    size: i64,
    from_size: i64,
    head_hash: Vec<u8>,
    links: Vec<u8>,
    recorded_at: DateTime<Utc>,
    key_id: String,
    signature: Vec<u8>,
}

impl From<Row> for Checkpoint {
    fn from(row: Row) -> Self {
        Self {
            size: row.size,
            from_size: row.from_size,
            // A head of another length is no hash at all, so its signature cannot hold.
            head_hash: as_hash(Some(&row.head_hash)).unwrap_or_default(),
            links: row.links,
            recorded_at: row.recorded_at,
            key_id: row.key_id,
            signature: row.signature,
        }
    }
}

/// The links of events behind this place, in their order.
pub(crate) async fn links(
    tx: &mut SystemTx,
    tenant: TenantId,
    after: i64,
    limit: i64,
) -> Result<Vec<Link>, DbError> {
    let rows: Vec<(i64, Uuid, Vec<u8>)> = sqlx::query_as(
        "select seq, id, hash from audit.event where tenant_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(tenant.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let mut links = Vec::with_capacity(rows.len());
    for ((seq, id, hash), place) in rows.into_iter().zip(after.saturating_add(1)..) {
        let hash = as_hash(Some(&hash)).filter(|_| seq == place);
        let broken = || DbError::Corrupt(format!("the chain of {tenant} breaks at {place}: verify it"));
        links.push(Link { id, hash: hash.ok_or_else(broken)? });
    }
    Ok(links)
}

/// Enters a checkpoint and the key that signed it.
pub(crate) async fn insert(
    tx: &mut SystemTx,
    tenant: TenantId,
    checkpoint: &Checkpoint,
) -> Result<(), DbError> {
    sqlx::query(
        "insert into audit.checkpoint (tenant_id, size, from_size, head_hash, links, recorded_at, key_id, signature) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.uuid())
    .bind(checkpoint.size)
    .bind(checkpoint.from_size)
    .bind(checkpoint.head_hash.as_slice())
    .bind(&checkpoint.links)
    .bind(checkpoint.recorded_at)
    .bind(&checkpoint.key_id)
    .bind(&checkpoint.signature)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a key signed something of the tenant, the first time that it does.
pub(crate) async fn note_key(tx: &mut SystemTx, tenant: TenantId, key: &PublicKey) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "insert into audit.signing_key (tenant_id, key_id, public_key, first_used_at) values ($1, $2, $3, $4) \
         on conflict (tenant_id, key_id) do nothing",
    )
    .bind(tenant.uuid())
    .bind(key.id())
    .bind(key.bytes().as_slice())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Checkpoints that are not yet in object storage, of any tenant.
pub(crate) async fn not_stored(
    tx: &mut SystemTx,
    limit: i64,
) -> Result<Vec<(TenantId, Checkpoint)>, DbError> {
    #[derive(sqlx::FromRow)]
    struct OfTenant {
        tenant_id: Uuid,
        #[sqlx(flatten)]
        row: Row,
    }
    let rows: Vec<OfTenant> = sqlx::query_as(
        "select tenant_id, size, from_size, head_hash, links, recorded_at, key_id, signature from audit.checkpoint \
         where stored_at is null order by tenant_id, size limit $1",
    )
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|own| (Id::from_uuid(own.tenant_id), own.row.into())).collect())
}

/// Notes that a checkpoint is in object storage.
pub(crate) async fn note_stored(tx: &mut SystemTx, tenant: TenantId, size: i64) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "update audit.checkpoint set stored_at = $3 where tenant_id = $1 and size = $2 and stored_at is null",
    )
    .bind(tenant.uuid())
    .bind(size)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many events of the tenant are covered by checkpoints that are in object storage.
pub(crate) async fn covered(tx: &mut SystemTx, tenant: TenantId) -> Result<i64, DbError> {
    let size: Option<i64> = sqlx::query_scalar(
        "select max(size) from audit.checkpoint where tenant_id = $1 and stored_at is not null \
         and size < coalesce((select min(size) from audit.checkpoint where tenant_id = $1 and stored_at is null), \
                             9223372036854775807)",
    )
    .bind(tenant.uuid())
    .fetch_one(tx.conn())
    .await?;
    Ok(size.unwrap_or(0))
}

/// The first checkpoint behind this size.
pub(crate) async fn next(tx: &mut impl TenantConnection, after: i64) -> Result<Option<Checkpoint>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select size, from_size, head_hash, links, recorded_at, key_id, signature from audit.checkpoint \
         where tenant_id = $1 and size > $2 order by size limit 1",
    )
    .bind(tenant)
    .bind(after)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Checkpoint::from))
}

/// A checkpoint without its links, and when it was put into object storage.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Summary {
    pub(crate) size: i64,
    pub(crate) head_hash: Vec<u8>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) key_id: String,
    pub(crate) signature: Vec<u8>,
    pub(crate) stored_at: Option<DateTime<Utc>>,
}

/// Checkpoints, newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Summary>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows = sqlx::query_as(
        "select size, head_hash, recorded_at, key_id, signature, stored_at from audit.checkpoint \
         where tenant_id = $1 and ($2::bigint is null or size < $2) order by size desc limit $3",
    )
    .bind(tenant)
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The ids of the keys that signed something of the tenant, and since when.
pub(crate) async fn used_keys(
    tx: &mut impl TenantConnection,
) -> Result<Vec<(String, DateTime<Utc>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows = sqlx::query_as("select key_id, first_used_at from audit.signing_key where tenant_id = $1")
        .bind(tenant)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows)
}
