//! Table `attachments.attachment`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_records::Slot;
use athyper_kernel_records::ports::Holder;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A file that was uploaded.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Attachment {
    /// Its id.
    pub(crate) id: Uuid,
    /// What its sender calls it.
    pub(crate) name: String,
    /// Media type.
    pub(crate) media_type: String,
    /// Size in bytes.
    pub(crate) size_bytes: i64,
    /// SHA-256 digest of its content.
    pub(crate) sha256: Vec<u8>,
    /// When it was uploaded (UTC).
    pub(crate) uploaded_at: DateTime<Utc>,
    /// Who uploaded it.
    pub(crate) uploaded_by: String,
    /// The entity of the record that holds it.
    pub(crate) entity_id: Option<Uuid>,
    /// The record that holds it.
    pub(crate) record_id: Option<Uuid>,
    /// The slot of the field that names it.
    pub(crate) slot: Option<Slot>,
}

/// Enters a file that no record holds yet.
pub(crate) async fn insert(tx: &mut TenantTx, file: &Attachment) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into attachments.attachment (tenant_id, id, name, media_type, size_bytes, sha256, uploaded_at, \
         uploaded_by, free_since) values ($1, $2, $3, $4, $5, $6, $7, $8, $7)",
    )
    .bind(tenant)
    .bind(file.id)
    .bind(&file.name)
    .bind(&file.media_type)
    .bind(file.size_bytes)
    .bind(&file.sha256)
    .bind(file.uploaded_at)
    .bind(&file.uploaded_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The files of these ids that are to stay.
pub(crate) async fn find(tx: &mut dyn TenantConnection, ids: &[Uuid]) -> Result<Vec<Attachment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, name, media_type, size_bytes, sha256, uploaded_at, uploaded_by, entity_id, record_id, \
         slot from attachments.attachment where tenant_id = $1 and id = any($2) and doomed_at is null",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}

/// As [`find`], locked until the transaction ends, in the order of their ids so that two transactions never wait for each
/// other.
pub(crate) async fn lock(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Attachment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, name, media_type, size_bytes, sha256, uploaded_at, uploaded_by, entity_id, record_id, \
         slot from attachments.attachment where tenant_id = $1 and id = any($2) and doomed_at is null order by id for update",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}

/// Lets a record hold files, each in a slot.
pub(crate) async fn hold(tx: &mut TenantTx, holder: Holder, files: &[(Uuid, Slot)]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (ids, slots): (Vec<Uuid>, Vec<Slot>) = files.iter().copied().unzip();
    sqlx::query(
        "update attachments.attachment a set entity_id = $2, record_id = $3, slot = held.slot, free_since = null \
         from unnest($4::uuid[], $5::integer[]) as held (id, slot) \
         where a.tenant_id = $1 and a.id = held.id and (a.record_id is distinct from $3 or a.slot is distinct from held.slot)",
    )
    .bind(tenant)
    .bind(holder.entity.uuid())
    .bind(holder.record.uuid())
    .bind(ids)
    .bind(slots)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets go of the files that a record holds: all but `kept`, in these slots, or in any where none are named.
pub(crate) async fn release(
    tx: &mut TenantTx,
    holder: Holder,
    slots: Option<&[Slot]>,
    kept: &[Uuid],
) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update attachments.attachment set entity_id = null, record_id = null, slot = null, free_since = $6 \
         where tenant_id = $1 and entity_id = $2 and record_id = $3 and id <> all($5) \
         and ($4::integer[] is null or slot = any($4))",
    )
    .bind(tenant)
    .bind(holder.entity.uuid())
    .bind(holder.record.uuid())
    .bind(slots)
    .bind(kept)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Decides that files which no record has held since `before` go, and gives at most `limit` of all that are to go.
pub(crate) async fn doom(tx: &mut TenantTx, before: DateTime<Utc>, limit: i64) -> Result<Vec<Uuid>, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    Ok(sqlx::query_scalar(
        "update attachments.attachment set doomed_at = coalesce(doomed_at, $4) where (tenant_id, id) in (\
           select tenant_id, id from attachments.attachment \
           where tenant_id = $1 and record_id is null and free_since < $2 order by free_since limit $3 for update) \
         returning id",
    )
    .bind(tenant)
    .bind(before)
    .bind(limit)
    .bind(now)
    .fetch_all(tx.conn())
    .await?)
}

/// Removes files that were to go and whose content is gone.
pub(crate) async fn remove(tx: &mut TenantTx, ids: &[Uuid]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "delete from attachments.attachment where tenant_id = $1 and id = any($2) and doomed_at is not null",
    )
    .bind(tenant)
    .bind(ids)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which of these files are entered, those that are to go included.
pub(crate) async fn entered(tx: &mut impl TenantConnection, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select id from attachments.attachment where tenant_id = $1 and id = any($2)")
        .bind(tenant)
        .bind(ids)
        .fetch_all(tx.conn())
        .await?)
}
