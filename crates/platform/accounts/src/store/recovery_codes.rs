//! Table `accounts.recovery_code`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::PrincipalId;

/// Replaces all codes of a person.
pub(crate) async fn replace(
    tx: &mut TenantTx,
    principal: PrincipalId,
    digests: &[Vec<u8>],
) -> Result<(), DbError> {
    remove_of(tx, principal).await?;
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into accounts.recovery_code (tenant_id, principal_id, digest, created_at) \
         select $1, $2, digest, $3 from unnest($4::bytea[]) as digest",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(now)
    .bind(digests)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Uses a code: true when it was one that nobody had used.
pub(crate) async fn take(tx: &mut TenantTx, principal: PrincipalId, digest: &[u8]) -> Result<bool, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let taken = sqlx::query(
        "update accounts.recovery_code set used_at = $4 \
         where tenant_id = $1 and principal_id = $2 and digest = $3 and used_at is null",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(digest)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// How many codes are left.
pub(crate) async fn left(tx: &mut impl TenantConnection, principal: PrincipalId) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select count(*) from accounts.recovery_code where tenant_id = $1 and principal_id = $2 and used_at is null",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// Makes all codes of a person useless.
pub(crate) async fn remove_of(tx: &mut TenantTx, principal: PrincipalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from accounts.recovery_code where tenant_id = $1 and principal_id = $2")
        .bind(tenant)
        .bind(principal.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
