//! Sessions and their ids. What changes a session announces it: other processes keep it in memory.

use athyper_kernel_db::{DbError, SystemTx, TenantTx, announce, announce_for};
use athyper_kernel_tenant_context::ActorKind;
use athyper_kernel_types::{Id, PrincipalId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::Error;
use crate::model::session::{Generations, KeyRow, Session};

/// Topic of changes of sessions; the key is the session's id.
pub(crate) const TOPIC: &str = "security.session";

/// A session that begins.
#[derive(Debug)]
pub(crate) struct NewSession<'r> {
    pub(crate) id: Uuid,
    pub(crate) realm_key: &'r str,
    pub(crate) subject: &'r str,
    pub(crate) actor_kind: ActorKind,
    /// The principal, for a person of the platform's own accounts or of a provider.
    pub(crate) principal: Option<PrincipalId>,
    /// The provider of the tenant that begins it, with the subject there.
    pub(crate) provider: Option<(Uuid, &'r str)>,
    pub(crate) issuer_session: Option<&'r str>,
    pub(crate) roles: &'r [String],
    pub(crate) claims: &'r Map<String, Value>,
    pub(crate) sealed: &'r [u8],
    pub(crate) csrf_key: &'r [u8],
    pub(crate) born: Generations,
    pub(crate) authenticated_at: DateTime<Utc>,
    pub(crate) idle: TimeDelta,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) access_expires_at: DateTime<Utc>,
    pub(crate) has_refresh: bool,
    pub(crate) key_hash: [u8; 32],
    pub(crate) client_address: Option<String>,
    pub(crate) user_agent: Option<&'r str>,
}

#[derive(sqlx::FromRow)]
struct Row {
    realm_key: String,
    subject: String,
    actor_kind: String,
    principal_id: Option<Uuid>,
    provider_id: Option<Uuid>,
    issuer_subject: Option<String>,
    issuer_session: Option<String>,
    roles: Vec<String>,
    claims: Json<Map<String, Value>>,
    sealed: Vec<u8>,
    csrf_key: Vec<u8>,
    realm_generation: i64,
    tenant_generation: i64,
    subject_generation: i64,
    provider_generation: i64,
    authenticated_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    idle_seconds: i32,
    expires_at: DateTime<Utc>,
    access_expires_at: DateTime<Utc>,
    has_refresh: bool,
    key_number: i32,
    rotation_due: bool,
    refresh_retry_at: Option<DateTime<Utc>>,
    end_reason: Option<String>,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct KeyRecord {
    key_hash: Vec<u8>,
    number: i32,
    seen_at: Option<DateTime<Utc>>,
    retires_at: Option<DateTime<Utc>>,
}

/// Enters a session with its first id.
pub(crate) async fn insert(tx: &mut TenantTx, new: &NewSession<'_>) -> Result<(), Error> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into security.session (tenant_id, id, realm_key, subject, actor_kind, issuer_session, roles, claims, \
         sealed, csrf_key, realm_generation, tenant_generation, subject_generation, created_at, authenticated_at, \
         last_seen_at, idle_seconds, expires_at, access_expires_at, has_refresh, key_number, rotation_due, \
         client_address, user_agent, principal_id, provider_id, issuer_subject, provider_generation, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14, $16, $17, $18, $19, 1, false, \
         $20, $21, $22, $23, $24, $25, 1)",
    )
    .bind(tenant)
    .bind(new.id)
    .bind(new.realm_key)
    .bind(new.subject)
    .bind(new.actor_kind.as_str())
    .bind(new.issuer_session)
    .bind(new.roles)
    .bind(Json(new.claims))
    .bind(new.sealed)
    .bind(new.csrf_key)
    .bind(new.born.realm)
    .bind(new.born.tenant)
    .bind(new.born.subject)
    .bind(now)
    .bind(new.authenticated_at)
    .bind(i32::try_from(new.idle.num_seconds()).unwrap_or(i32::MAX))
    .bind(new.expires_at)
    .bind(new.access_expires_at)
    .bind(new.has_refresh)
    .bind(&new.client_address)
    .bind(new.user_agent)
    .bind(new.principal.map(Id::uuid))
    .bind(new.provider.map(|(id, _)| id))
    .bind(new.provider.map(|(_, subject)| subject))
    .bind(new.born.provider)
    .execute(tx.conn())
    .await?;
    insert_key(tx, new.id, 1, &new.key_hash).await
}

/// Gives a session another id.
pub(crate) async fn insert_key(
    tx: &mut TenantTx,
    session: Uuid,
    number: i32,
    hash: &[u8; 32],
) -> Result<(), Error> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into security.session_key (tenant_id, session_id, key_hash, number, created_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(tenant)
    .bind(session)
    .bind(&hash[..])
    .bind(number)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A session with all the ids it ever had.
pub(crate) async fn find(tx: &mut SystemTx, tenant: TenantId, id: Uuid) -> Result<Option<Session>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select realm_key, subject, actor_kind, principal_id, provider_id, issuer_subject, issuer_session, roles, claims, sealed, \
         csrf_key, realm_generation, tenant_generation, subject_generation, provider_generation, authenticated_at, last_seen_at, idle_seconds, expires_at, access_expires_at, has_refresh, \
         key_number, rotation_due, refresh_retry_at, end_reason, version \
         from security.session where tenant_id = $1 and id = $2",
    )
    .bind(tenant.uuid())
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let keys: Vec<KeyRecord> = sqlx::query_as(
        "select key_hash, number, seen_at, retires_at from security.session_key \
         where tenant_id = $1 and session_id = $2",
    )
    .bind(tenant.uuid())
    .bind(id)
    .fetch_all(tx.conn())
    .await?;
    session(tenant, id, row, keys).map(Some)
}

fn session(tenant: TenantId, id: Uuid, row: Row, keys: Vec<KeyRecord>) -> Result<Session, Error> {
    let actor_kind = ActorKind::parse(&row.actor_kind)
        .ok_or_else(|| DbError::Corrupt(format!("session {id} has an actor of kind {}", row.actor_kind)))?;
    let key = |key: KeyRecord| KeyRow {
        hash: key.key_hash,
        number: key.number,
        seen_at: key.seen_at,
        retires_at: key.retires_at,
    };
    Ok(Session {
        tenant_id: tenant,
        id,
        realm_key: row.realm_key,
        subject: row.subject,
        actor_kind,
        principal: row.principal_id.map(Id::from_uuid),
        provider: row.provider_id,
        issuer_subject: row.issuer_subject,
        issuer_session: row.issuer_session,
        roles: row.roles,
        claims: row.claims.0,
        sealed: row.sealed,
        csrf_key: row.csrf_key,
        born: Generations {
            realm: row.realm_generation,
            tenant: row.tenant_generation,
            subject: row.subject_generation,
            provider: row.provider_generation,
        },
        authenticated_at: row.authenticated_at,
        last_seen_at: row.last_seen_at,
        idle: TimeDelta::seconds(row.idle_seconds.into()),
        expires_at: row.expires_at,
        access_expires_at: row.access_expires_at,
        has_refresh: row.has_refresh,
        key_number: row.key_number,
        rotation_due: row.rotation_due,
        refresh_retry_at: row.refresh_retry_at,
        ended: row.end_reason,
        version: row.version,
        keys: keys.into_iter().map(key).collect(),
    })
}

/// Writes down that a session was seen by this id; the ids before it retire after the grace.
pub(crate) async fn see(
    tx: &mut SystemTx,
    session: &Session,
    hash: &[u8],
    grace: TimeDelta,
) -> Result<(), Error> {
    let (tenant, now) = (session.tenant_id, tx.now());
    sqlx::query(
        "update security.session set last_seen_at = $3, version = version + 1 \
         where tenant_id = $1 and id = $2 and last_seen_at < $3",
    )
    .bind(tenant.uuid())
    .bind(session.id)
    .bind(now)
    .execute(tx.conn())
    .await?;
    if session.is_first_sight(hash) {
        sqlx::query(
            "update security.session_key set seen_at = $4 \
             where tenant_id = $1 and session_id = $2 and key_hash = $3 and seen_at is null",
        )
        .bind(tenant.uuid())
        .bind(session.id)
        .bind(hash)
        .bind(now)
        .execute(tx.conn())
        .await?;
        sqlx::query(
            "update security.session_key set retires_at = $4 where tenant_id = $1 and session_id = $2 \
             and retires_at is null and number < (select number from security.session_key \
                 where tenant_id = $1 and session_id = $2 and key_hash = $3)",
        )
        .bind(tenant.uuid())
        .bind(session.id)
        .bind(hash)
        .bind(now.checked_add_signed(grace).unwrap_or(now))
        .execute(tx.conn())
        .await?;
    }
    Ok(announce_for(tx, tenant, TOPIC, &session.id.to_string()).await?)
}

/// Replaces what is sealed, with the id it holds, if nobody changed the session meanwhile.
pub(crate) async fn rotate(
    tx: &mut TenantTx,
    session: &Session,
    sealed: &[u8],
    hash: &[u8; 32],
) -> Result<bool, Error> {
    let tenant = tx.tenant_id();
    let number = session.key_number + 1;
    let changed = sqlx::query(
        "update security.session set sealed = $4, key_number = $5, rotation_due = false, version = version + 1 \
         where tenant_id = $1 and id = $2 and version = $3 and rotation_due and ended_at is null",
    )
    .bind(tenant.uuid())
    .bind(session.id)
    .bind(session.version)
    .bind(sealed)
    .bind(number)
    .execute(tx.conn())
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    insert_key(tx, session.id, number, hash).await?;
    announce(tx, TOPIC, &session.id.to_string()).await?;
    Ok(true)
}

/// Has every session of a person change its id with the next request: its rights have changed.
pub(crate) async fn make_rotation_due(tx: &mut TenantTx, subject: &str) -> Result<(), DbError> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "update security.session set rotation_due = true, version = version + 1 \
         where tenant_id = $1 and subject = $2 and ended_at is null returning id",
    )
    .bind(tenant.uuid())
    .bind(subject)
    .fetch_all(tx.conn())
    .await?;
    for id in ids {
        announce(tx, TOPIC, &id.to_string()).await?;
    }
    Ok(())
}

const END: &str = "update security.session set ended_at = $3, end_reason = $4, refresh_lease = null, \
     refresh_leased_until = null, version = version + 1 where tenant_id = $1 and id = $2 and ended_at is null";

/// Ends a session; `false` when it had ended.
pub(crate) async fn end(tx: &mut TenantTx, id: Uuid, reason: &str) -> Result<bool, Error> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    let ended =
        sqlx::query(END).bind(tenant.uuid()).bind(id).bind(now).bind(reason).execute(tx.conn()).await?;
    announce(tx, TOPIC, &id.to_string()).await?;
    Ok(ended.rows_affected() == 1)
}

/// As [`end`], for a session of any tenant.
pub(crate) async fn end_in(
    tx: &mut SystemTx,
    tenant: TenantId,
    id: Uuid,
    reason: &str,
) -> Result<bool, Error> {
    let now = tx.now();
    let ended =
        sqlx::query(END).bind(tenant.uuid()).bind(id).bind(now).bind(reason).execute(tx.conn()).await?;
    announce_for(tx, tenant, TOPIC, &id.to_string()).await?;
    Ok(ended.rows_affected() == 1)
}

/// Deletes sessions of the tenant that ended or ran out before this instant, at most so many; says how many.
pub(crate) async fn purge(tx: &mut TenantTx, before: DateTime<Utc>, most: i64) -> Result<u64, Error> {
    let tenant = tx.tenant_id();
    let gone = sqlx::query(
        "delete from security.session where tenant_id = $1 and id in \
         (select id from security.session where tenant_id = $1 and expires_at < $2 order by expires_at limit $3)",
    )
    .bind(tenant.uuid())
    .bind(before)
    .bind(most)
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}
