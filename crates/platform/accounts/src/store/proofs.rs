//! Table `accounts.proof`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};

/// Notes that a person proved a factor in a session now.
pub(crate) async fn put(
    tx: &mut TenantTx,
    principal: PrincipalId,
    session: &str,
    kind: &str,
) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into accounts.proof (tenant_id, principal_id, session, type, proved_at) values ($1, $2, $3, $4, $5) \
         on conflict (tenant_id, principal_id, session) do update set type = $4, proved_at = $5",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(session)
    .bind(kind)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether a person proved a factor in a session after this instant.
pub(crate) async fn is_fresh(
    tx: &mut impl TenantConnection,
    principal: PrincipalId,
    session: &str,
    after: DateTime<Utc>,
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select exists (select 1 from accounts.proof \
         where tenant_id = $1 and principal_id = $2 and session = $3 and proved_at > $4)",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(session)
    .bind(after)
    .fetch_one(tx.conn())
    .await?)
}

/// Takes back what a person proved.
pub(crate) async fn remove_of(tx: &mut TenantTx, principal: PrincipalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from accounts.proof where tenant_id = $1 and principal_id = $2")
        .bind(tenant)
        .bind(principal.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Forgets what was proved before this instant.
pub(crate) async fn forget(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query("delete from accounts.proof where tenant_id = $1 and proved_at < $2")
        .bind(tenant)
        .bind(before)
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
