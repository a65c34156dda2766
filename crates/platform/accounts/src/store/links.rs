//! Table `accounts.link`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkPurpose {
    /// The first password.
    Invitation,
    /// Another password in place of a forgotten one.
    Reset,
}

impl LinkPurpose {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}

/// Enters a link, in place of those that the person was sent before.
pub(crate) async fn replace(
    tx: &mut TenantTx,
    principal: PrincipalId,
    digest: &[u8],
    purpose: LinkPurpose,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    remove_of(tx, principal).await?;
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into accounts.link (tenant_id, digest, principal_id, purpose, expires_at, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant)
    .bind(digest)
    .bind(principal.uuid())
    .bind(purpose.as_str())
    .bind(expires_at)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose a link is and what for, if it can be used.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    digest: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(PrincipalId, LinkPurpose)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(Uuid, String)> = sqlx::query_as(
        "select principal_id, purpose from accounts.link where tenant_id = $1 and digest = $2 and expires_at > $3",
    )
    .bind(tenant)
    .bind(digest)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(link))
}

fn link((principal, purpose): (Uuid, String)) -> (PrincipalId, LinkPurpose) {
    let purpose = if purpose == "reset" { LinkPurpose::Reset } else { LinkPurpose::Invitation };
    (PrincipalId::from_uuid(principal), purpose)
}

/// Takes a link: whose it is and what for, if it can be used. It is gone with this transaction.
pub(crate) async fn take(
    tx: &mut TenantTx,
    digest: &[u8],
) -> Result<Option<(PrincipalId, LinkPurpose)>, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let row: Option<(Uuid, String)> = sqlx::query_as(
        "delete from accounts.link where tenant_id = $1 and digest = $2 and expires_at > $3 \
         returning principal_id, purpose",
    )
    .bind(tenant)
    .bind(digest)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(link))
}

/// Makes the links that the person was sent useless.
pub(crate) async fn remove_of(tx: &mut TenantTx, principal: PrincipalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from accounts.link where tenant_id = $1 and principal_id = $2")
        .bind(tenant)
        .bind(principal.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Forgets the links that have expired.
pub(crate) async fn forget(tx: &mut TenantTx) -> Result<u64, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let gone = sqlx::query("delete from accounts.link where tenant_id = $1 and expires_at <= $2")
        .bind(tenant)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
