//! Sign-ins that have begun. The platform's own rows: whose they will be is not known yet.

use athyper_kernel_db::SystemTx;
use athyper_kernel_types::{Id, PLATFORM_TENANT};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Error;
use crate::ports::{IssuerRef, ProviderRef};

/// Most rows that one sign-in clears away: more than it makes.
const CLEARED: i64 = 20;

/// A sign-in that has begun.
#[derive(Debug)]
pub(crate) struct SignIn<'r> {
    pub(crate) state_hash: [u8; 32],
    pub(crate) browser_hash: [u8; 32],
    pub(crate) issuer: &'r IssuerRef,
    pub(crate) redirect_uri: &'r str,
    pub(crate) return_to: &'r str,
    pub(crate) expires_at: DateTime<Utc>,
}

/// A sign-in that came back.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Begun {
    pub(crate) redirect_uri: String,
    pub(crate) return_to: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Remembers a sign-in, and forgets some that have run out.
pub(crate) async fn insert(tx: &mut SystemTx, sign_in: &SignIn<'_>) -> Result<(), Error> {
    let now = tx.now();
    sqlx::query(
        "delete from security.sign_in where tenant_id = $1 and state_hash in \
         (select state_hash from security.sign_in where tenant_id = $1 and expires_at < $2 \
          order by expires_at limit $3 for update skip locked)",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(now)
    .bind(CLEARED)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into security.sign_in \
         (tenant_id, state_hash, browser_hash, realm_key, redirect_uri, return_to, expires_at, provider_tenant_id, provider_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(&sign_in.state_hash[..])
    .bind(&sign_in.browser_hash[..])
    .bind(&sign_in.issuer.realm_key)
    .bind(sign_in.redirect_uri)
    .bind(sign_in.return_to)
    .bind(sign_in.expires_at)
    .bind(sign_in.issuer.provider.map(|provider| provider.tenant.uuid()))
    .bind(sign_in.issuer.provider.map(|provider| provider.id))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose issuer was asked in a sign-in that is under way.
pub(crate) async fn issuer_of(tx: &mut SystemTx, state_hash: &[u8; 32]) -> Result<Option<IssuerRef>, Error> {
    let row: Option<(String, Option<Uuid>, Option<Uuid>)> = sqlx::query_as(
        "select realm_key, provider_tenant_id, provider_id from security.sign_in \
         where tenant_id = $1 and state_hash = $2",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(&state_hash[..])
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(realm_key, tenant, id)| {
        let provider = tenant.zip(id).map(|(tenant, id)| ProviderRef { tenant: Id::from_uuid(tenant), id });
        IssuerRef { realm_key, provider }
    }))
}

/// Takes a sign-in that began in this browser: of callers at the same time, one gets it.
pub(crate) async fn take(
    tx: &mut SystemTx,
    state_hash: &[u8; 32],
    browser_hash: &[u8; 32],
) -> Result<Option<Begun>, Error> {
    Ok(sqlx::query_as(
        "delete from security.sign_in where tenant_id = $1 and state_hash = $2 and browser_hash = $3 \
         returning redirect_uri, return_to, expires_at",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(&state_hash[..])
    .bind(&browser_hash[..])
    .fetch_optional(tx.conn())
    .await?)
}
