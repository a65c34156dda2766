//! The operations, as methods of a view that knows whose objects it reaches.

use std::error::Error;
use std::sync::atomic::Ordering::Relaxed;

use athyper_kernel_types::TenantId;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};

use crate::error::StorageError;
use crate::info::{Download, ListPage, ObjectInfo, PutReceipt};
use crate::key::{Location, ObjectKey};
use crate::request::{GetOptions, ListRequest, PutOptions};
use crate::signed::{SignedDownload, SignedUpload, SignedUrl};
use crate::storage::{Backend, ObjectStorage};
use crate::upload;

/// The objects of one tenant.
///
/// Every operation fails with [`StorageError::Unavailable`] when the store does not answer in time and with
/// [`StorageError::Denied`] when it refuses our credentials. Other errors are named with the operation.
#[derive(Clone, Debug)]
pub struct TenantStorage {
    storage: ObjectStorage,
    tenant: TenantId,
}

impl TenantStorage {
    pub(crate) fn new(storage: ObjectStorage, tenant: TenantId) -> Self {
        Self { storage, tenant }
    }

    /// Whose objects these are.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Stores what a stream gives, instead of the object that was there. It can be seen only once it is complete; on
    /// any failure, or when the call is dropped, what was there stays.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`], [`StorageError::Incomplete`] and [`StorageError::DigestMismatch`] when the content
    /// is not what the options announce, [`StorageError::Interrupted`] when the stream breaks off,
    /// [`StorageError::AlreadyExists`] with `if_absent`, [`StorageError::Request`] for options that break a rule.
    pub async fn put<S, E>(
        &self,
        key: &ObjectKey,
        body: S,
        options: &PutOptions,
    ) -> Result<PutReceipt, StorageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.storage.clean_up().await;
        let location = self.location(key);
        let receipt =
            self.storage.call(upload::put(self.storage.backend(), &location, body, options)).await?;
        self.storage.counters().puts.fetch_add(1, Relaxed);
        self.storage.counters().bytes_put.fetch_add(receipt.size, Relaxed);
        Ok(receipt)
    }

    /// Stores content that is in memory, as [`put`](Self::put) does.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub async fn put_bytes(
        &self,
        key: &ObjectKey,
        content: impl Into<Bytes>,
        options: &PutOptions,
    ) -> Result<PutReceipt, StorageError> {
        let body = stream::iter([Ok::<_, StorageError>(content.into())]);
        self.put(key, body, options).await
    }

    /// Reads an object, or part of it, as a stream.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], [`StorageError::Range`], and [`StorageError::Precondition`] or
    /// [`StorageError::NotModified`] with conditions.
    pub async fn get(&self, key: &ObjectKey, options: &GetOptions) -> Result<Download, StorageError> {
        self.storage.counters().gets.fetch_add(1, Relaxed);
        let location = self.location(key);
        let download = async {
            match self.storage.backend() {
                Backend::Folder(folder) => folder.get(&location, options).await,
                Backend::S3(s3) => s3.get(&location, options).await,
            }
        };
        let download = self.storage.call(download).await?;
        let storage = self.storage.clone();
        let body = download.body.inspect(move |piece| {
            if let Ok(piece) = piece {
                storage.counters().bytes_read.fetch_add(piece.len() as u64, Relaxed);
            }
        });
        Ok(Download { body: body.boxed(), ..download })
    }

    /// What is known about an object.
    ///
    /// # Errors
    /// [`StorageError::NotFound`].
    pub async fn head(&self, key: &ObjectKey) -> Result<ObjectInfo, StorageError> {
        self.storage.counters().gets.fetch_add(1, Relaxed);
        let location = self.location(key);
        let info = async {
            match self.storage.backend() {
                Backend::Folder(folder) => folder.head(&location).await,
                Backend::S3(s3) => s3.head(&location).await,
            }
        };
        self.storage.call(info).await
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// Only those of every operation.
    pub async fn exists(&self, key: &ObjectKey) -> Result<bool, StorageError> {
        match self.head(key).await {
            Ok(_) => Ok(true),
            Err(StorageError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object. One that is not there is deleted already.
    ///
    /// # Errors
    /// Only those of every operation.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        self.delete_many(std::slice::from_ref(key)).await
    }

    /// Deletes objects. When it fails, some may be deleted; calling it again deletes the rest.
    ///
    /// # Errors
    /// Only those of every operation.
    pub async fn delete_many(&self, keys: &[ObjectKey]) -> Result<(), StorageError> {
        let locations = keys.iter().map(|key| self.location(key)).collect();
        let deleted = async {
            match self.storage.backend() {
                Backend::Folder(folder) => folder.delete(locations).await,
                Backend::S3(s3) => s3.delete(locations).await,
            }
        };
        self.storage.call(deleted).await?;
        self.storage.counters().deletes.fetch_add(keys.len() as u64, Relaxed);
        Ok(())
    }

    /// Copies an object, with all that is known about it, within the tenant; what was at the target is replaced. The
    /// content does not travel through us. S3 copies objects up to 5 GiB.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is nothing to copy.
    pub async fn copy(&self, from: &ObjectKey, to: &ObjectKey) -> Result<(), StorageError> {
        if from == to {
            return self.head(from).await.map(|_| ());
        }
        let (from, to) = (self.location(from), self.location(to));
        let copied = async {
            match self.storage.backend() {
                Backend::Folder(folder) => folder.copy(&from, &to).await,
                Backend::S3(s3) => s3.copy(&from, &to).await,
            }
        };
        self.storage.call(copied).await
    }

    /// Gives an object another key: a copy, then a deletion. When it fails in between, both are there, and calling it
    /// again mends that.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is nothing of the old key.
    pub async fn rename(&self, from: &ObjectKey, to: &ObjectKey) -> Result<(), StorageError> {
        if from == to {
            return self.head(from).await.map(|_| ());
        }
        self.copy(from, to).await?;
        self.delete(from).await
    }

    /// One page of the list of objects, in the order of the keys' bytes.
    ///
    /// # Errors
    /// [`StorageError::Request`] for a limit or prefix that breaks a rule.
    pub async fn list(&self, request: &ListRequest) -> Result<ListPage, StorageError> {
        request.check()?;
        self.storage.counters().lists.fetch_add(1, Relaxed);
        let page = async {
            match self.storage.backend() {
                Backend::Folder(folder) => folder.list(self.tenant, request).await,
                Backend::S3(s3) => s3.list(self.tenant, request).await,
            }
        };
        self.storage.call(page).await
    }

    /// A URL that lets anybody who has it read the object for some time.
    ///
    /// # Errors
    /// [`StorageError::Request`] for a validity or file name that breaks a rule. Whether the object exists is not asked.
    pub fn sign_download(
        &self,
        key: &ObjectKey,
        download: &SignedDownload,
    ) -> Result<SignedUrl, StorageError> {
        download.check()?;
        match self.storage.backend() {
            Backend::Folder(folder) => folder.sign_download(&self.location(key), download),
            Backend::S3(s3) => s3.sign_download(&self.location(key), download),
        }
    }

    /// A URL that lets anybody who has it put the object, with exactly that type and size, for some time and any number
    /// of times.
    ///
    /// # Errors
    /// [`StorageError::Request`] for a validity or content type that breaks a rule, [`StorageError::TooLarge`] above
    /// 5 GiB, the most of one request to S3.
    pub fn sign_upload(&self, key: &ObjectKey, upload: &SignedUpload) -> Result<SignedUrl, StorageError> {
        upload.check()?;
        match self.storage.backend() {
            Backend::Folder(folder) => folder.sign_upload(&self.location(key), upload),
            Backend::S3(s3) => s3.sign_upload(&self.location(key), upload),
        }
    }

    fn location(&self, key: &ObjectKey) -> Location {
        Location { tenant: self.tenant, key: key.clone() }
    }
}
