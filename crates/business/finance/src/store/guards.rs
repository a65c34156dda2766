//! Table `finance.day_guard`: days that somebody who posts in several transactions keeps from being closed.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_ledger::DayGuard;
use chrono::NaiveDate;
use uuid::Uuid;

/// Keeps days from being closed; replaces what the holder keeps.
pub(crate) async fn keep(tx: &mut TenantTx, guard: &DayGuard) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into finance.day_guard (tenant_id, holder_id, first_date, last_date, guarded_until) \
         values ($1, $2, $3, $4, $5) on conflict (tenant_id, holder_id) do update set \
         first_date = excluded.first_date, last_date = excluded.last_date, guarded_until = excluded.guarded_until",
    )
    .bind(tenant)
    .bind(guard.holder)
    .bind(guard.first)
    .bind(guard.last)
    .bind(guard.until)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets go of the days that a holder keeps.
pub(crate) async fn release(tx: &mut TenantTx, holder: Uuid) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from finance.day_guard where tenant_id = $1 and holder_id = $2")
        .bind(tenant)
        .bind(holder)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Whether a day of this span is kept from being closed at this moment.
pub(crate) async fn is_kept(
    tx: &mut TenantTx,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
) -> Result<bool, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    Ok(sqlx::query_scalar(
        "select exists (select 1 from finance.day_guard \
         where tenant_id = $1 and guarded_until > $2 and first_date <= $4 and last_date >= $3)",
    )
    .bind(tenant)
    .bind(now)
    .bind(starts_on)
    .bind(ends_on)
    .fetch_one(tx.conn())
    .await?)
}
