//! Table `platform.tenant_key`.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection, TenantTx};
use athyper_kernel_types::TenantId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Subject;

/// A data key as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    #[sqlx(try_from = "String")]
    pub(crate) subject: Subject,
    /// Absent when the key was destroyed, and the master key's id with it.
    pub(crate) wrapped: Option<Vec<u8>>,
    pub(crate) master_key_id: Option<String>,
    pub(crate) is_active: bool,
    /// Whether the row was written by a transaction that has ended: only such a key will be there tomorrow.
    pub(crate) is_settled: bool,
}

impl From<String> for Subject {
    fn from(text: String) -> Self {
        Self::stored(text)
    }
}

/// A data key about to be stored.
#[derive(Debug)]
pub(crate) struct NewKey<'a> {
    pub(crate) id: Uuid,
    pub(crate) subject: &'a Subject,
    pub(crate) wrapped: &'a [u8],
    pub(crate) master_key_id: &'a str,
}

/// The key that seals for a subject now.
pub(crate) async fn active(tx: &mut TenantTx, subject: &Subject) -> Result<Option<Row>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, subject, wrapped, master_key_id, true as is_active, \
         xmin is distinct from pg_current_xact_id_if_assigned()::xid as is_settled \
         from platform.tenant_key where tenant_id = $1 and subject = $2 and state = 'active'",
    )
    .bind(tenant)
    .bind(subject.as_str())
    .fetch_optional(tx.conn())
    .await?)
}

/// The key with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: Uuid) -> Result<Option<Row>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, subject, wrapped, master_key_id, state = 'active' as is_active, \
         xmin is distinct from pg_current_xact_id_if_assigned()::xid as is_settled \
         from platform.tenant_key where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}

/// Whether keys of the subject, or of the tenant as a whole, were destroyed.
pub(crate) async fn is_shredded(tx: &mut TenantTx, subject: &Subject) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select exists (select 1 from platform.tenant_key \
         where tenant_id = $1 and subject in ($2, '') and state = 'shredded')",
    )
    .bind(tenant)
    .bind(subject.as_str())
    .fetch_one(tx.conn())
    .await?)
}

/// Enters an active key, unless the subject got one meanwhile. Waits for a transaction that is giving it one.
pub(crate) async fn insert(tx: &mut TenantTx, key: &NewKey<'_>) -> Result<bool, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let inserted = sqlx::query(
        "insert into platform.tenant_key (tenant_id, id, subject, state, wrapped, master_key_id, created_at) \
         values ($1, $2, $3, 'active', $4, $5, $6) \
         on conflict (tenant_id, subject) where state = 'active' do nothing",
    )
    .bind(tenant)
    .bind(key.id)
    .bind(key.subject.as_str())
    .bind(key.wrapped)
    .bind(key.master_key_id)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Adds to the count of an active key and gives the new count; nothing when the key seals no more, or when another
/// transaction changes it at this moment.
pub(crate) async fn count(tx: &mut TenantTx, id: Uuid, seals: i64) -> Result<Option<i64>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "update platform.tenant_key set seals = seals + $3 where tenant_id = $1 and id = ( \
             select id from platform.tenant_key where tenant_id = $1 and id = $2 and state = 'active' \
             for update skip locked) \
         returning seals",
    )
    .bind(tenant)
    .bind(id)
    .bind(seals)
    .fetch_optional(tx.conn())
    .await?)
}

/// Ends the active key of a subject: it opens and seals no more.
pub(crate) async fn retire(tx: &mut TenantTx, subject: &Subject) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update platform.tenant_key set state = 'retired', retired_at = $3 \
         where tenant_id = $1 and subject = $2 and state = 'active'",
    )
    .bind(tenant)
    .bind(subject.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The subjects whose active key is older than this time, oldest key first.
pub(crate) async fn older_than(
    tx: &mut TenantTx,
    than: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Subject>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let subjects: Vec<String> = sqlx::query_scalar(
        "select subject from platform.tenant_key where tenant_id = $1 and state = 'active' and created_at < $2 \
         order by id limit $3",
    )
    .bind(tenant)
    .bind(than)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(subjects.into_iter().map(Subject::stored).collect())
}

/// Destroys the retired keys that ended before this time and are not among those that are needed, and gives their number.
pub(crate) async fn destroy_retired(
    tx: &mut TenantTx,
    before: DateTime<Utc>,
    needed: &[Uuid],
) -> Result<u64, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let destroyed = sqlx::query(
        "update platform.tenant_key set state = 'destroyed', wrapped = null, master_key_id = null, destroyed_at = $3 \
         where tenant_id = $1 and state = 'retired' and retired_at < $2 and id <> all($4)",
    )
    .bind(tenant)
    .bind(before)
    .bind(now)
    .bind(needed)
    .execute(tx.conn())
    .await?;
    Ok(destroyed.rows_affected())
}

/// Destroys the keys of one subject, or of all where none is named, and gives their number.
pub(crate) async fn shred(tx: &mut TenantTx, subject: Option<&Subject>) -> Result<u64, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let shredded = sqlx::query(
        "update platform.tenant_key set state = 'shredded', wrapped = null, master_key_id = null, shredded_at = $3 \
         where tenant_id = $1 and ($2::text is null or subject = $2) and state not in ('destroyed', 'shredded')",
    )
    .bind(tenant)
    .bind(subject.map(Subject::as_str))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(shredded.rows_affected())
}

/// Notes that a subject has no key and never gets one again.
pub(crate) async fn bury(tx: &mut TenantTx, subject: &Subject, id: Uuid) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into platform.tenant_key (tenant_id, id, subject, state, created_at, shredded_at) \
         select $1, $2, $3, 'shredded', $4, $4 where not exists (select 1 from platform.tenant_key \
             where tenant_id = $1 and subject = $3 and state = 'shredded')",
    )
    .bind(tenant)
    .bind(id)
    .bind(subject.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A data key of any tenant that another master key wraps.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Foreign {
    tenant_id: Uuid,
    pub(crate) id: Uuid,
    #[sqlx(try_from = "String")]
    pub(crate) subject: Subject,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) master_key_id: String,
}

impl Foreign {
    pub(crate) fn tenant(&self) -> TenantId {
        TenantId::from_uuid(self.tenant_id)
    }
}

/// Some data keys that another master key than this wraps, locked until the transaction ends.
pub(crate) async fn lock_foreign(
    tx: &mut SystemTx,
    current: &str,
    limit: i64,
) -> Result<Vec<Foreign>, DbError> {
    Ok(sqlx::query_as(
        "select tenant_id, id, subject, wrapped, master_key_id from platform.tenant_key \
         where state in ('active', 'retired') and master_key_id <> $1 order by tenant_id, id limit $2 for update",
    )
    .bind(current)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Stores data keys as the present master key wraps them.
pub(crate) async fn rewrap(
    tx: &mut SystemTx,
    current: &str,
    keys: &[(TenantId, Uuid, Vec<u8>)],
) -> Result<(), DbError> {
    sqlx::query(
        "update platform.tenant_key as stored set wrapped = given.wrapped, master_key_id = $1 \
         from unnest($2::uuid[], $3::uuid[], $4::bytea[]) as given (tenant_id, id, wrapped) \
         where stored.tenant_id = given.tenant_id and stored.id = given.id",
    )
    .bind(current)
    .bind(keys.iter().map(|(tenant, _, _)| tenant.uuid()).collect::<Vec<_>>())
    .bind(keys.iter().map(|(_, id, _)| *id).collect::<Vec<_>>())
    .bind(keys.iter().map(|(_, _, wrapped)| wrapped.as_slice()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}
