//! Table `accounts.address`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use chrono::{DateTime, Utc};

/// How many sign-ins of an address failed since this instant.
pub(crate) async fn failures(
    tx: &mut impl TenantConnection,
    address: &str,
    since: DateTime<Utc>,
) -> Result<u32, DbError> {
    let tenant = tx.tenant_id().uuid();
    let failures: Option<i32> = sqlx::query_scalar(
        "select failures from accounts.address where tenant_id = $1 and address = $2 and since > $3",
    )
    .bind(tenant)
    .bind(address)
    .bind(since)
    .fetch_optional(tx.conn())
    .await?;
    Ok(failures.and_then(|count| u32::try_from(count).ok()).unwrap_or(0))
}

/// Counts another one; a count that began before this instant begins again.
pub(crate) async fn add(tx: &mut TenantTx, address: &str, since: DateTime<Utc>) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into accounts.address as known (tenant_id, address, failures, since) values ($1, $2, 1, $4) \
         on conflict (tenant_id, address) do update set \
         failures = case when known.since > $3 then known.failures + 1 else 1 end, \
         since = case when known.since > $3 then known.since else $4 end",
    )
    .bind(tenant)
    .bind(address)
    .bind(since)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets the counts that began before this instant.
pub(crate) async fn forget(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query("delete from accounts.address where tenant_id = $1 and since < $2")
        .bind(tenant)
        .bind(before)
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
