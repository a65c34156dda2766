//! The storage as the kernel's port for uploads that wait for a job.

use std::time::Duration;

use async_trait::async_trait;
use athyper_kernel_jobs::{Incoming, Outgoing, UploadError, UploadPage, UploadStore};
use athyper_kernel_types::TenantId;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::error::StorageError;
use crate::{ByteRange, GetOptions, ListRequest, ObjectKey, ObjectStorage, PutOptions};

/// When to try again what the store did not answer.
const SOON: Duration = Duration::from_secs(5);
/// When to try again what the store refuses: somebody has to mend the settings first.
const LATER: Duration = Duration::from_mins(1);

#[async_trait]
impl UploadStore for ObjectStorage {
    async fn put(
        &self,
        tenant: TenantId,
        key: &str,
        media_type: &str,
        content: Incoming,
        limit: u64,
    ) -> Result<(u64, [u8; 32]), UploadError> {
        let options = PutOptions { max_bytes: Some(limit), ..PutOptions::of_type(media_type) };
        let receipt = self.tenant(tenant).put(&parse(key)?, content, &options).await.map_err(upload_error)?;
        Ok((receipt.size, *receipt.sha256.as_bytes()))
    }

    async fn open(&self, tenant: TenantId, key: &str) -> Result<Outgoing, UploadError> {
        let download = self.tenant(tenant).get(&parse(key)?, &GetOptions::default()).await;
        Ok(download.map_err(upload_error)?.body.map_err(upload_error).boxed())
    }

    async fn read(&self, tenant: TenantId, key: &str, start: u64, length: u64) -> Result<Bytes, UploadError> {
        let range = ByteRange::Between(start, start.saturating_add(length));
        let download = self.tenant(tenant).get(&parse(key)?, &GetOptions::of_range(range)).await;
        download.map_err(upload_error)?.bytes(length).await.map_err(upload_error)
    }

    async fn delete(&self, tenant: TenantId, keys: &[String]) -> Result<(), UploadError> {
        let keys: Vec<ObjectKey> = keys.iter().map(|key| parse(key)).collect::<Result<_, _>>()?;
        self.tenant(tenant).delete_many(&keys).await.map_err(upload_error)
    }

    async fn list(
        &self,
        tenant: TenantId,
        prefix: &str,
        after: Option<String>,
    ) -> Result<UploadPage, UploadError> {
        let after = after.map(|token| token.parse()).transpose().map_err(upload_error)?;
        let request = ListRequest { prefix: prefix.to_owned(), after, ..ListRequest::default() };
        let page = self.tenant(tenant).list(&request).await.map_err(upload_error)?;
        let objects = page.objects.into_iter().map(|object| (object.key.to_string(), object.modified));
        Ok(UploadPage { objects: objects.collect(), next: page.next.map(|token| token.to_string()) })
    }
}

fn parse(key: &str) -> Result<ObjectKey, UploadError> {
    ObjectKey::parse(key).map_err(upload_error)
}

/// The error in the port's words. Refused credentials and wrong settings can be mended without the caller, so they are
/// waited for like an outage.
fn upload_error(error: StorageError) -> UploadError {
    match error {
        StorageError::NotFound => UploadError::Missing,
        StorageError::TooLarge { limit } => UploadError::TooLarge { limit },
        StorageError::Interrupted(source) => UploadError::Interrupted(source),
        StorageError::Damaged(what) => UploadError::Damaged(what),
        StorageError::Range { size } => UploadError::Damaged(format!("of {size} bytes")),
        StorageError::Unavailable { .. } => {
            UploadError::Unavailable { reason: error.to_string(), retry_after: SOON }
        }
        other => UploadError::Unavailable { reason: other.to_string(), retry_after: LATER },
    }
}
