//! Table `opening.import`: how far an import of journals is.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::JobId;

/// How many entries of its file an import has posted, and the number of the first of them; `None` before it began.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    job: JobId,
) -> Result<Option<(i64, Option<String>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select done_entries, first_number from opening.import where tenant_id = $1 and job_id = $2",
    )
    .bind(tenant)
    .bind(job.uuid())
    .fetch_optional(tx.conn())
    .await?)
}

/// Says how far an import is. The number of its first journal is kept from the first time.
pub(crate) async fn advance(
    tx: &mut TenantTx,
    job: JobId,
    done_entries: i64,
    first_number: Option<&str>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into opening.import as import (tenant_id, job_id, done_entries, first_number) values ($1, $2, $3, $4) \
         on conflict (tenant_id, job_id) do update set done_entries = excluded.done_entries, \
         first_number = coalesce(import.first_number, excluded.first_number)",
    )
    .bind(tenant)
    .bind(job.uuid())
    .bind(done_entries)
    .bind(first_number)
    .execute(tx.conn())
    .await?;
    Ok(())
}
