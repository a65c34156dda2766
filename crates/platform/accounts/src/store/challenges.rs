//! Table `accounts.challenge`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A sign-in whose password was right.
    SignIn,
    /// The registration of a key.
    Register,
    /// The proof of a factor in a session.
    StepUp,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Register => "register",
            Self::StepUp => "step_up",
        }
    }
}

/// Something that was begun.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) principal: PrincipalId,
    /// What an authenticator has to sign, in base64url.
    pub(crate) webauthn: Option<String>,
    pub(crate) attempts: u32,
}

/// Enters a challenge.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    digest: &[u8],
    principal: PrincipalId,
    purpose: Purpose,
    webauthn: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into accounts.challenge (tenant_id, digest, principal_id, purpose, webauthn, expires_at, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(digest)
    .bind(principal.uuid())
    .bind(purpose.as_str())
    .bind(webauthn)
    .bind(expires_at)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The challenge with this digest, if it has not ended, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    digest: &[u8],
    purpose: Purpose,
) -> Result<Option<Challenge>, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let row: Option<(Uuid, Option<String>, i32)> = sqlx::query_as(
        "select principal_id, webauthn, attempts from accounts.challenge \
         where tenant_id = $1 and digest = $2 and purpose = $3 and expires_at > $4 for update",
    )
    .bind(tenant)
    .bind(digest)
    .bind(purpose.as_str())
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(principal, webauthn, attempts)| Challenge {
        principal: PrincipalId::from_uuid(principal),
        webauthn,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    }))
}

/// Counts a wrong answer.
pub(crate) async fn count(tx: &mut TenantTx, digest: &[u8]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("update accounts.challenge set attempts = attempts + 1 where tenant_id = $1 and digest = $2")
        .bind(tenant)
        .bind(digest)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Says what an authenticator has to sign.
pub(crate) async fn set_webauthn(tx: &mut TenantTx, digest: &[u8], webauthn: &str) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("update accounts.challenge set webauthn = $3 where tenant_id = $1 and digest = $2")
        .bind(tenant)
        .bind(digest)
        .bind(webauthn)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends a challenge: it is taken once.
pub(crate) async fn remove(tx: &mut TenantTx, digest: &[u8]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from accounts.challenge where tenant_id = $1 and digest = $2")
        .bind(tenant)
        .bind(digest)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends all challenges of a person.
pub(crate) async fn remove_of(tx: &mut TenantTx, principal: PrincipalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from accounts.challenge where tenant_id = $1 and principal_id = $2")
        .bind(tenant)
        .bind(principal.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Forgets the challenges that have ended.
pub(crate) async fn forget(tx: &mut TenantTx) -> Result<u64, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let gone = sqlx::query("delete from accounts.challenge where tenant_id = $1 and expires_at <= $2")
        .bind(tenant)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
