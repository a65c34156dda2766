//! The trail in its order, as a verification reads it.

use athyper_kernel_db::{DbError, TenantConnection};
use uuid::Uuid;

use crate::model::body::TrailEvent;
use crate::model::chain::{Hash, as_hash};
use crate::model::removal::{Removal, Run};

/// A personal value as it is kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct PersonalValue {
    pub(crate) event_id: Uuid,
    pub(crate) field: String,
    pub(crate) value: Option<String>,
    pub(crate) salt: Option<Vec<u8>>,
    /// Whether an erasure that is written down took it.
    pub(crate) is_erased: bool,
}

/// Sealed events behind this place.
pub(crate) async fn page(
    tx: &mut impl TenantConnection,
    after: i64,
    limit: i64,
) -> Result<Vec<TrailEvent>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows = sqlx::query_as(
        "select id, recorded_at, type, level, class, actor_kind, actor_id, realm_key, org_key, request_id, trace_id, \
         session_id, subject_type, subject_id, message, meta, personal, seq, prev_hash, hash \
         from audit.event where tenant_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The personal values of these events.
pub(crate) async fn personal_values(
    tx: &mut impl TenantConnection,
    events: &[Uuid],
) -> Result<Vec<PersonalValue>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows = sqlx::query_as(
        "select p.event_id, p.field, p.value, p.salt, r.id is not null as is_erased from audit.personal_value p \
         left join audit.erasure r on r.tenant_id = p.tenant_id and r.id = p.erasure_id \
         where p.tenant_id = $1 and p.event_id = any ($2)",
    )
    .bind(tenant)
    .bind(events)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Whether there is such an event at any place.
pub(crate) async fn has_event(tx: &mut impl TenantConnection, id: Uuid) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let found =
        sqlx::query_scalar("select exists (select 1 from audit.event where tenant_id = $1 and id = $2)")
            .bind(tenant)
            .bind(id)
            .fetch_one(tx.conn())
            .await?;
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct RemovalRow {
    first_seq: i64,
    last_seq: i64,
    prev_hash: Vec<u8>,
    last_hash: Vec<u8>,
    class: String,
    recorded_at: chrono::DateTime<chrono::Utc>,
    key_id: String,
    signature: Vec<u8>,
}

/// The removal that begins at this place.
pub(crate) async fn removal_at(
    tx: &mut impl TenantConnection,
    first_seq: i64,
) -> Result<Option<Removal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<RemovalRow> = sqlx::query_as(
        "select first_seq, last_seq, prev_hash, last_hash, class, recorded_at, key_id, signature \
         from audit.removal where tenant_id = $1 and first_seq = $2",
    )
    .bind(tenant)
    .bind(first_seq)
    .fetch_optional(tx.conn())
    .await?;
    // A hash of another length is none that was signed.
    let hash = |bytes: &[u8]| -> Hash { as_hash(Some(bytes)).unwrap_or_default() };
    Ok(row.map(|row| Removal {
        run: Run {
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            prev_hash: hash(&row.prev_hash),
            last_hash: hash(&row.last_hash),
        },
        class: row.class,
        recorded_at: row.recorded_at,
        key_id: row.key_id,
        signature: row.signature,
    }))
}
