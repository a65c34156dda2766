//! Table `finance.import`: how far an import is, and which dates it guards against closing.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::JobId;
use chrono::{DateTime, NaiveDate, Utc};

/// How many entries of its file an import has posted; `None` before it began.
pub(crate) async fn done_entries(tx: &mut impl TenantConnection, job: JobId) -> Result<Option<i64>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select done_entries from finance.import where tenant_id = $1 and job_id = $2")
        .bind(tenant)
        .bind(job.uuid())
        .fetch_optional(tx.conn())
        .await?)
}

/// Begins an import that posts into these days, or takes it up again, and guards them until then.
pub(crate) async fn begin(
    tx: &mut TenantTx,
    job: JobId,
    first_date: NaiveDate,
    last_date: NaiveDate,
    guarded_until: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into finance.import (tenant_id, job_id, done_entries, first_date, last_date, guarded_until) \
         values ($1, $2, 0, $3, $4, $5) \
         on conflict (tenant_id, job_id) do update set guarded_until = excluded.guarded_until",
    )
    .bind(tenant)
    .bind(job.uuid())
    .bind(first_date)
    .bind(last_date)
    .bind(guarded_until)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says how far an import is, and until when it guards its days; `None` lets go of them.
pub(crate) async fn advance(
    tx: &mut TenantTx,
    job: JobId,
    done_entries: i64,
    guarded_until: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.import set done_entries = $3, guarded_until = $4 where tenant_id = $1 and job_id = $2",
    )
    .bind(tenant)
    .bind(job.uuid())
    .bind(done_entries)
    .bind(guarded_until)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether an import guards a day of this span at this moment.
pub(crate) async fn is_guarded(
    tx: &mut TenantTx,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
) -> Result<bool, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    Ok(sqlx::query_scalar(
        "select exists (select 1 from finance.import \
         where tenant_id = $1 and guarded_until > $2 and first_date <= $4 and last_date >= $3)",
    )
    .bind(tenant)
    .bind(now)
    .bind(starts_on)
    .bind(ends_on)
    .fetch_one(tx.conn())
    .await?)
}
