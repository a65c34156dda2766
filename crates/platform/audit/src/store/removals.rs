//! What retention removes: rows of `audit.event`, each covered by a row of `audit.removal`.

use athyper_kernel_db::{DbError, SystemTx, TenantTx};
use athyper_kernel_types::TenantId;
use chrono::{DateTime, Utc};

use crate::model::chain::{Hash, as_hash};
use crate::model::event::EventClass;
use crate::model::removal::Removal;

/// Keeps holds from being made, or waits for one that is being made, until the transaction ends.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";

fn lock_key(tenant: TenantId) -> String {
    format!("audit.retention {tenant}")
}

/// Waits until nothing of this tenant is being removed, and keeps it so until the transaction ends.
pub(crate) async fn stop(tx: &mut TenantTx) -> Result<(), DbError> {
    let key = lock_key(tx.tenant_id());
    sqlx::query(LOCK).bind(key).execute(tx.conn()).await?;
    Ok(())
}

/// Waits until no hold of this tenant is being made, and keeps it so until the transaction ends.
pub(crate) async fn begin(tx: &mut SystemTx, tenant: TenantId) -> Result<(), DbError> {
    sqlx::query(LOCK).bind(lock_key(tenant)).execute(tx.conn()).await?;
    Ok(())
}

/// For each class that has a policy, the days of the longest one.
pub(crate) async fn rules(tx: &mut SystemTx, tenant: TenantId) -> Result<Vec<(EventClass, i32)>, DbError> {
    let rows: Vec<(String, i32)> = sqlx::query_as(
        "select class, max(keep_days) from audit.retention_policy where tenant_id = $1 group by class order by class",
    )
    .bind(tenant.uuid())
    .fetch_all(tx.conn())
    .await?;
    let known = |(class, days): (String, i32)| {
        let class = EventClass::parse(&class).ok_or_else(|| DbError::Corrupt(format!("class {class}")))?;
        Ok((class, days))
    };
    rows.into_iter().map(known).collect()
}

/// What of a trail may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    /// Class of the events.
    pub(crate) class: EventClass,
    /// Written before this time.
    pub(crate) before: DateTime<Utc>,
    /// Behind this place.
    pub(crate) after: i64,
    /// Up to this place: what checkpoints cover.
    pub(crate) covered: i64,
}

/// Events that may go and are under no hold: place, hash before and own hash, in their order.
pub(crate) async fn removable(
    tx: &mut SystemTx,
    tenant: TenantId,
    scope: &Scope,
    limit: i64,
) -> Result<Vec<(i64, Hash, Hash)>, DbError> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select e.seq, e.prev_hash, e.hash from audit.event e \
         where e.tenant_id = $1 and e.class = $2 and e.recorded_at < $3 and e.seq > $4 and e.seq <= $5 \
         and not exists (select 1 from audit.legal_hold h where h.tenant_id = e.tenant_id and h.released_at is null \
             and (h.class is null or h.class = e.class) \
             and (h.actor_id is null or h.actor_id = e.actor_id) \
             and (h.subject_type is null or h.subject_type = e.subject_type) \
             and (h.subject_id is null or h.subject_id = e.subject_id) \
             and (h.recorded_from is null or h.recorded_from <= e.recorded_at) \
             and (h.recorded_until is null or e.recorded_at < h.recorded_until)) \
         order by e.seq limit $6",
    )
    .bind(tenant.uuid())
    .bind(scope.class.as_str())
    .bind(scope.before)
    .bind(scope.after)
    .bind(scope.covered)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let hash = |bytes: &[u8]| {
        as_hash(Some(bytes)).ok_or_else(|| DbError::Corrupt("a hash of the trail: verify it".to_owned()))
    };
    rows.iter().map(|(seq, prev, own)| Ok((*seq, hash(prev)?, hash(own)?))).collect()
}

/// Enters removals.
pub(crate) async fn insert(tx: &mut SystemTx, tenant: TenantId, removals: &[Removal]) -> Result<(), DbError> {
    sqlx::query(
        "insert into audit.removal \
         (tenant_id, first_seq, last_seq, prev_hash, last_hash, class, recorded_at, key_id, signature) \
         select $1, n.first_seq, n.last_seq, n.prev_hash, n.last_hash, n.class, n.recorded_at, n.key_id, n.signature \
         from unnest($2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[], $7::timestamptz[], $8::text[], \
             $9::bytea[]) \
         as n (first_seq, last_seq, prev_hash, last_hash, class, recorded_at, key_id, signature)",
    )
    .bind(tenant.uuid())
    .bind(removals.iter().map(|removal| removal.run.first_seq).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.run.last_seq).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.run.prev_hash.as_slice()).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.run.last_hash.as_slice()).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.class.as_str()).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.recorded_at).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.key_id.as_str()).collect::<Vec<_>>())
    .bind(removals.iter().map(|removal| removal.signature.as_slice()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the events at these places with what they say about people, and says how many events that were.
pub(crate) async fn delete(tx: &mut SystemTx, tenant: TenantId, places: &[i64]) -> Result<u64, DbError> {
    let ids: Vec<uuid::Uuid> =
        sqlx::query_scalar("delete from audit.event where tenant_id = $1 and seq = any ($2) returning id")
            .bind(tenant.uuid())
            .bind(places)
            .fetch_all(tx.conn())
            .await?;
    sqlx::query("delete from audit.personal_value where tenant_id = $1 and event_id = any ($2)")
        .bind(tenant.uuid())
        .bind(&ids)
        .execute(tx.conn())
        .await?;
    Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
}
