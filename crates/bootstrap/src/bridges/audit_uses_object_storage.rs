//! Keeps the checkpoints of the audit trail in object storage.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_adapter_object_storage::{
    GetOptions, ListRequest, ObjectKey, ObjectStorage, PutOptions, StorageError,
};
use athyper_audit::{CheckpointStore, CheckpointStoreError, PutOutcome};
use athyper_kernel_types::TenantId;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;

/// Largest checkpoint that is read, in bytes: one of 10,000 events has less than 700,000.
const MOST_BYTES: u64 = 4 << 20;

/// The object storage as the audit trail needs it.
pub(crate) struct CheckpointObjects(pub(crate) Arc<ObjectStorage>);

#[async_trait]
impl CheckpointStore for CheckpointObjects {
    async fn put(
        &self,
        tenant: TenantId,
        key: &str,
        content: Bytes,
    ) -> Result<PutOutcome, CheckpointStoreError> {
        let options = PutOptions { if_absent: true, ..PutOptions::of_type("application/json") };
        match self.0.tenant(tenant).put_bytes(&parse(key)?, content, &options).await {
            Ok(_) => Ok(PutOutcome::Stored),
            Err(StorageError::AlreadyExists) => Ok(PutOutcome::Existed),
            Err(error) => Err(failed(error)),
        }
    }

    async fn get(&self, tenant: TenantId, key: &str) -> Result<Option<Bytes>, CheckpointStoreError> {
        let download = match self.0.tenant(tenant).get(&parse(key)?, &GetOptions::default()).await {
            Ok(download) => download,
            Err(StorageError::NotFound) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if download.info.size > MOST_BYTES {
            return Err(CheckpointStoreError(format!("{key} is too large for a checkpoint").into()));
        }
        let content = download.body.try_fold(BytesMut::new(), |mut content, piece| async move {
            content.extend_from_slice(&piece);
            Ok(content)
        });
        Ok(Some(content.await.map_err(failed)?.freeze()))
    }

    async fn list(
        &self,
        tenant: TenantId,
        prefix: &str,
        after: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), CheckpointStoreError> {
        let after = after.map(|token| token.parse()).transpose().map_err(failed)?;
        let request = ListRequest { prefix: prefix.to_owned(), after, ..ListRequest::default() };
        let page = self.0.tenant(tenant).list(&request).await.map_err(failed)?;
        let keys = page.objects.into_iter().map(|object| object.key.to_string());
        Ok((keys.collect(), page.next.map(|token| token.to_string())))
    }
}

fn parse(key: &str) -> Result<ObjectKey, CheckpointStoreError> {
    ObjectKey::parse(key).map_err(failed)
}

fn failed(error: StorageError) -> CheckpointStoreError {
    CheckpointStoreError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use athyper_adapter_object_storage::FolderSettings;
    use athyper_kernel_types::{Clock, PLATFORM_TENANT};

    use super::*;

    #[tokio::test]
    async fn a_checkpoint_is_put_once_found_and_listed() {
        let folder = tempfile::tempdir().unwrap();
        let settings = FolderSettings {
            path: folder.path().to_owned(),
            signing_key: "the signing key of the tests, of 32 bytes".into(),
            public_url: "http://localhost/objects".parse().unwrap(),
            fsync: false,
        };
        let store = CheckpointObjects(Arc::new(ObjectStorage::folder(&settings, Clock::system()).unwrap()));
        let put = |key: &'static str, content: &'static str| {
            store.put(PLATFORM_TENANT, key, Bytes::from_static(content.as_bytes()))
        };
        assert_eq!(put("audit/checkpoints/1.json", "one").await.unwrap(), PutOutcome::Stored);
        assert_eq!(put("audit/checkpoints/1.json", "two").await.unwrap(), PutOutcome::Existed);
        assert_eq!(put("audit/checkpoints/2.json", "two").await.unwrap(), PutOutcome::Stored);
        let kept = store.get(PLATFORM_TENANT, "audit/checkpoints/1.json").await.unwrap();
        assert_eq!(kept.as_deref(), Some(b"one".as_slice()));
        assert_eq!(store.get(PLATFORM_TENANT, "audit/checkpoints/3.json").await.unwrap(), None);
        let (keys, next) = store.list(PLATFORM_TENANT, "audit/checkpoints/", None).await.unwrap();
        assert_eq!(keys, ["audit/checkpoints/1.json", "audit/checkpoints/2.json"]);
        assert_eq!(next, None);
    }
}
