//! Files that wait in the database for the job that reads them.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use uuid::Uuid;

/// Marker of an upload's id.
#[derive(Clone, Copy, Debug)]
pub enum Upload {}

/// Keeps a file until its job is done. `sha256` is the digest of the content.
///
/// # Errors
/// When the database does not answer.
pub async fn store_upload(
    tx: &mut TenantTx,
    media_type: &str,
    sha256: &[u8],
    content: &[u8],
) -> Result<Id<Upload>, DbError> {
    let id = Id::<Upload>::new(tx.clock());
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into jobs.upload (tenant_id, id, media_type, sha256, content, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(media_type)
    .bind(sha256)
    .bind(content)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// The content of a file, if it is still there.
///
/// # Errors
/// When the database does not answer.
pub async fn read_upload(tx: &mut impl TenantConnection, id: Id<Upload>) -> Result<Option<Vec<u8>>, DbError> {
    let tenant: Uuid = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select content from jobs.upload where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?)
}

/// Deletes a file whose job is done.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_upload(tx: &mut TenantTx, id: Id<Upload>) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from jobs.upload where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}
