//! Refreshes of access tokens: one process at a time holds the lease of a session and asks the issuer.

use athyper_kernel_db::{SystemTx, TenantTx, announce, announce_for};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use super::sessions::TOPIC;
use crate::error::Error;
use crate::model::session::Session;

/// What a refresh brought.
#[derive(Debug)]
pub(crate) struct Refreshed<'r> {
    pub(crate) lease: Uuid,
    pub(crate) roles: &'r [String],
    pub(crate) claims: &'r Map<String, Value>,
    pub(crate) sealed: &'r [u8],
    pub(crate) access_expires_at: DateTime<Utc>,
    pub(crate) has_refresh: bool,
    pub(crate) rotation_due: bool,
}

/// Takes the lease, if the session is as it was seen and nobody holds it.
pub(crate) async fn lease(
    tx: &mut SystemTx,
    session: &Session,
    lease: Uuid,
    until: DateTime<Utc>,
) -> Result<bool, Error> {
    let now = tx.now();
    let taken = sqlx::query(
        "update security.session set refresh_lease = $3, refresh_leased_until = $4, version = version + 1 \
         where tenant_id = $1 and id = $2 and access_expires_at = $5 and ended_at is null \
         and (refresh_leased_until is null or refresh_leased_until <= $6)",
    )
    .bind(session.tenant_id.uuid())
    .bind(session.id)
    .bind(lease)
    .bind(until)
    .bind(session.access_expires_at)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Gives the lease back without having been refreshed: the issuer is asked again from `retry_at` on.
pub(crate) async fn give_back(
    tx: &mut SystemTx,
    session: &Session,
    lease: Uuid,
    retry_at: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query(
        "update security.session set refresh_lease = null, refresh_leased_until = null, refresh_retry_at = $4, \
         version = version + 1 where tenant_id = $1 and id = $2 and refresh_lease = $3",
    )
    .bind(session.tenant_id.uuid())
    .bind(session.id)
    .bind(lease)
    .bind(retry_at)
    .execute(tx.conn())
    .await?;
    Ok(announce_for(tx, session.tenant_id, TOPIC, &session.id.to_string()).await?)
}

/// What is sealed of a session whose lease this process holds, and the version it has.
pub(crate) async fn hold(tx: &mut TenantTx, id: Uuid, lease: Uuid) -> Result<Option<Vec<u8>>, Error> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar(
        "select sealed from security.session where tenant_id = $1 and id = $2 and refresh_lease = $3 for update",
    )
    .bind(tenant.uuid())
    .bind(id)
    .bind(lease)
    .fetch_optional(tx.conn())
    .await?)
}

/// Stores what a refresh brought and gives the lease back.
pub(crate) async fn finish(tx: &mut TenantTx, id: Uuid, refreshed: &Refreshed<'_>) -> Result<(), Error> {
    let tenant = tx.tenant_id();
    sqlx::query(
        "update security.session set roles = $4, claims = $5, sealed = $6, access_expires_at = $7, has_refresh = $8, \
         rotation_due = rotation_due or $9, refresh_lease = null, refresh_leased_until = null, refresh_retry_at = null, \
         version = version + 1 where tenant_id = $1 and id = $2 and refresh_lease = $3",
    )
    .bind(tenant.uuid())
    .bind(id)
    .bind(refreshed.lease)
    .bind(refreshed.roles)
    .bind(Json(refreshed.claims))
    .bind(refreshed.sealed)
    .bind(refreshed.access_expires_at)
    .bind(refreshed.has_refresh)
    .bind(refreshed.rotation_due)
    .execute(tx.conn())
    .await?;
    Ok(announce(tx, TOPIC, &id.to_string()).await?)
}
