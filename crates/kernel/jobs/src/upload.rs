//! Files that wait for the job that reads them: the content in object storage, what is known of it in the database.
//!
//! A request stores the content first, through an [`UploadStore`], and enters it with [`keep_upload`] in the transaction
//! that enqueues the job. What is stored and never entered is an orphan: the retention job removes it.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, TenantId};
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::upload_store::{UploadError, UploadStore};

/// What the keys of all uploads begin with, within their tenant.
pub const UPLOAD_PREFIX: &str = "uploads/";

/// Marker of an upload's id.
#[derive(Clone, Copy, Debug)]
pub enum Upload {}

/// A file that has been stored and is not yet entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUpload {
    /// Its id; the object's key follows from it.
    pub id: Id<Upload>,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 digest of the content.
    pub sha256: [u8; 32],
}

/// A file that was entered, and where its content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptUpload {
    sha256: Vec<u8>,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In its row, where releases before object storage kept it.
    Row(Bytes),
    /// In the object of this key.
    Object { key: String, size: u64 },
}

/// Key of the object of an upload, within its tenant.
pub fn upload_key(id: Id<Upload>) -> String {
    format!("{UPLOAD_PREFIX}{id}")
}

/// Enters a stored file, which from then on is kept until its job is done.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_upload(tx: &mut TenantTx, upload: &StoredUpload) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into jobs.upload (tenant_id, id, media_type, sha256, object_key, size_bytes, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(upload.id.uuid())
    .bind(&upload.media_type)
    .bind(&upload.sha256[..])
    .bind(upload_key(upload.id))
    .bind(i64::try_from(upload.size).unwrap_or(i64::MAX))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A file, if it was entered and is not deleted. Its content is read when the transaction is over: see
/// [`KeptUpload::read`].
///
/// # Errors
/// When the database does not answer.
pub async fn find_upload(
    tx: &mut impl TenantConnection,
    id: Id<Upload>,
) -> Result<Option<KeptUpload>, DbError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        sha256: Vec<u8>,
        content: Option<Vec<u8>>,
        object_key: Option<String>,
        size_bytes: Option<i64>,
    }

    let tenant: Uuid = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select sha256, content, object_key, size_bytes from jobs.upload where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let place = match (row.content, row.object_key, row.size_bytes) {
        (Some(content), None, None) => Place::Row(content.into()),
        (None, Some(key), Some(size)) => Place::Object { key, size: u64::try_from(size).unwrap_or(0) },
        _ => return Err(DbError::Corrupt(format!("upload {id} is neither in its row nor in an object"))),
    };
    Ok(Some(KeptUpload { sha256: row.sha256, place }))
}

/// Deletes the entry of a file whose job is done. After the commit, [`UploadStore::delete`] frees the room at once;
/// otherwise the retention job does.
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

/// Which of these files are entered.
pub(crate) async fn entered(tx: &mut impl TenantConnection, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select id from jobs.upload where tenant_id = $1 and id = any ($2)")
        .bind(tenant)
        .bind(ids)
        .fetch_all(tx.conn())
        .await?)
}

impl KeptUpload {
    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        match &self.place {
            Place::Row(content) => content.len() as u64,
            Place::Object { size, .. } => *size,
        }
    }

    /// The bytes from `start` on, at most `most` of them; none at the end. So a file is read in parts that fit into memory,
    /// each by a request of its own: a reader that takes its time keeps no connection.
    ///
    /// # Errors
    /// As [`KeptUpload::read`], but that only the size is compared and not the digest.
    pub async fn read_part(
        &self,
        store: &dyn UploadStore,
        tenant: TenantId,
        start: u64,
        most: u64,
    ) -> Result<Bytes, UploadError> {
        let length = self.size().saturating_sub(start).min(most);
        match &self.place {
            _ if length == 0 => Ok(Bytes::new()),
            Place::Row(content) => {
                let from = usize::try_from(start).unwrap_or(usize::MAX).min(content.len());
                let end =
                    from.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(content.len());
                Ok(content.slice(from..end))
            }
            Place::Object { key, .. } => {
                let part = store.read(tenant, key, start, length).await?;
                if part.len() as u64 == length { Ok(part) } else { Err(UploadError::Damaged(key.clone())) }
            }
        }
    }

    /// Reads the content as it streams in, into as much memory as it has bytes, and holds it against its size and digest.
    ///
    /// # Errors
    /// [`UploadError::Missing`] when the object is gone, [`UploadError::Damaged`] when it is not what was stored,
    /// [`UploadError::Unavailable`] when the store does not answer.
    pub async fn read(self, store: &dyn UploadStore, tenant: TenantId) -> Result<Bytes, UploadError> {
        let (key, size) = match self.place {
            Place::Row(content) => return Ok(content),
            Place::Object { key, size } => (key, size),
        };
        let mut stream = store.open(tenant, &key).await?;
        let (mut content, mut digest) = (BytesMut::new(), Sha256::new());
        while let Some(piece) = stream.try_next().await? {
            content.extend_from_slice(&piece);
            digest.update(&piece);
            if content.len() as u64 > size {
                return Err(UploadError::Damaged(key));
            }
        }
        let is_whole = content.len() as u64 == size && digest.finalize().as_slice() == self.sha256;
        if is_whole { Ok(content.freeze()) } else { Err(UploadError::Damaged(key)) }
    }
}
