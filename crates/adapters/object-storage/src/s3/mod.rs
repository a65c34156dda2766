//! Objects in a bucket of a service that speaks S3.

mod attributes;
mod calls;
mod connect;
mod presign;
mod tracing_client;
mod upload;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use athyper_kernel_types::{Clock, TenantId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future, stream};
use object_store::aws::AmazonS3;
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions as StoreGetOptions, GetRange, GetResult, ObjectStore as _, PutMode,
    PutOptions as StorePutOptions,
};

use crate::error::StorageError;
use crate::info::{Download, ListPage, ListToken, ListedObject, ObjectInfo};
use crate::intake::Content;
use crate::key::{Location, ObjectKey, tenant_prefix};
use crate::request::{ByteRange, GetOptions, ListRequest, PutOptions};
use crate::signed::{SignedDownload, SignedUpload, SignedUrl, end_of};
use calls::Calls;
pub use connect::S3Settings;
use presign::presign;
use upload::Abandoned;
pub(crate) use upload::S3Upload;

/// Abandoned uploads that are ended in one go, so that no put waits long for them.
const CLEANED_AT_ONCE: usize = 16;

/// A bucket.
pub(crate) struct S3 {
    store: AmazonS3,
    calls: Calls,
    clock: Clock,
    timeout: Duration,
    /// Uploads whose caller went away; they wait to be ended.
    abandoned: Mutex<Vec<Abandoned>>,
}

impl S3 {
    pub(crate) fn new(settings: &S3Settings, clock: Clock) -> Result<Self, StorageError> {
        let (store, calls) = connect::prepare(settings)?;
        Ok(Self { store, calls, clock, timeout: settings.timeout, abandoned: Mutex::default() })
    }

    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        let one = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
        self.within(self.store.list_paginated(Some("tenants/"), one)).await.map(|_| ())
    }

    pub(crate) async fn put(
        &self,
        location: &Location,
        options: &PutOptions,
        bytes: Bytes,
        content: Content,
    ) -> Result<String, StorageError> {
        let put = StorePutOptions {
            mode: if options.if_absent { PutMode::Create } else { PutMode::Overwrite },
            attributes: attributes::of(options, Some(content.sha256)),
            ..StorePutOptions::default()
        };
        let result = self.within(self.store.put_opts(&path(location)?, bytes.into(), put)).await?;
        tag(result.e_tag)
    }

    pub(crate) async fn begin(
        &self,
        location: &Location,
        options: &PutOptions,
    ) -> Result<S3Upload<'_>, StorageError> {
        S3Upload::begin(self, path(location)?, options).await
    }

    pub(crate) async fn get(
        &self,
        location: &Location,
        options: &GetOptions,
    ) -> Result<Download, StorageError> {
        let request = StoreGetOptions {
            if_match: options.if_match.clone(),
            if_none_match: options.if_none_match.clone(),
            range: options.range.map(store_range),
            ..StoreGetOptions::default()
        };
        let path = path(location)?;
        let result = match tokio::time::timeout(self.timeout, self.store.get_opts(&path, request)).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => return Err(self.why_not(location, options, error).await),
            Err(_) => return Err(self.no_answer()),
        };
        let info = info(location.key.clone(), &result)?;
        // Not every service heeds the conditional headers: the tag that comes with the answer decides.
        options.check(&info.etag)?;
        let range = result.range.clone();
        let body = result.into_stream().map_err(StorageError::from).boxed();
        Ok(Download { info, range, body })
    }

    /// Why a read failed. A range outside the object has no error of its own.
    async fn why_not(
        &self,
        location: &Location,
        options: &GetOptions,
        error: object_store::Error,
    ) -> StorageError {
        if let (Some(range), object_store::Error::Generic { .. }) = (options.range, &error)
            && let Ok(info) = self.head(location).await
            && let Err(outside) = range.within(info.size)
        {
            return outside;
        }
        error.into()
    }

    pub(crate) async fn head(&self, location: &Location) -> Result<ObjectInfo, StorageError> {
        let request = StoreGetOptions { head: true, ..StoreGetOptions::default() };
        let result = self.within(self.store.get_opts(&path(location)?, request)).await?;
        info(location.key.clone(), &result)
    }

    pub(crate) async fn delete(&self, locations: Vec<Location>) -> Result<(), StorageError> {
        let paths = locations.iter().map(path).collect::<Result<Vec<_>, _>>()?;
        let mut deleted = self.store.delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(crate) async fn copy(&self, from: &Location, to: &Location) -> Result<(), StorageError> {
        Ok(self.store.copy_opts(&path(from)?, &path(to)?, CopyOptions::default()).await?)
    }

    pub(crate) async fn list(
        &self,
        tenant: TenantId,
        request: &ListRequest,
    ) -> Result<ListPage, StorageError> {
        let root = tenant_prefix(tenant);
        let prefix = format!("{root}{}", request.prefix);
        let options = PaginatedListOptions {
            offset: request.after.as_ref().map(|token| format!("{root}{}", token.key())),
            max_keys: Some(request.limit),
            ..PaginatedListOptions::default()
        };
        let page = self.within(self.store.list_paginated(Some(&prefix), options)).await?;
        let objects: Vec<ListedObject> = page
            .result
            .objects
            .into_iter()
            .filter_map(|meta| {
                // What is no key of ours was not put by us.
                let key = ObjectKey::parse(meta.location.as_ref().strip_prefix(&root)?).ok()?;
                Some(ListedObject { key, size: meta.size, etag: meta.e_tag, modified: meta.last_modified })
            })
            .collect();
        let last = objects.last().map(|object| ListToken::after(object.key.clone()));
        Ok(ListPage { next: page.page_token.and(last), objects })
    }

    pub(crate) fn sign_download(
        &self,
        location: &Location,
        download: &SignedDownload,
    ) -> Result<SignedUrl, StorageError> {
        let query = [("response-content-disposition".to_owned(), download.disposition())];
        let now = self.clock.now();
        let url =
            presign(&self.calls.signer(), "GET", &path(location)?, &query, &[], now, download.valid_for);
        Ok(SignedUrl { method: "GET", url, headers: Vec::new(), expires_at: end_of(now, download.valid_for) })
    }

    pub(crate) fn sign_upload(
        &self,
        location: &Location,
        upload: &SignedUpload,
    ) -> Result<SignedUrl, StorageError> {
        let mut headers =
            vec![("content-type", upload.content_type.clone()), ("content-length", upload.size.to_string())];
        if let Some(sha256) = upload.sha256 {
            headers.push(("x-amz-checksum-sha256", STANDARD.encode(sha256.as_bytes())));
            headers.push((attributes::DIGEST_HEADER, sha256.to_string()));
        }
        let now = self.clock.now();
        let url =
            presign(&self.calls.signer(), "PUT", &path(location)?, &[], &headers, now, upload.valid_for);
        Ok(SignedUrl { method: "PUT", url, headers, expires_at: end_of(now, upload.valid_for) })
    }

    pub(crate) async fn clean_up(&self) -> usize {
        let waiting: Vec<Abandoned> = {
            let mut abandoned = self.abandoned();
            let first = abandoned.len().saturating_sub(CLEANED_AT_ONCE);
            abandoned.drain(first..).collect()
        };
        // One that cannot be ended, or not before this call is dropped, waits again.
        let ends = waiting.into_iter().map(|abandoned| S3Upload::resume(self, abandoned).end());
        future::join_all(ends).await.iter().filter(|end| end.is_ok()).count()
    }

    fn abandoned(&self) -> MutexGuard<'_, Vec<Abandoned>> {
        self.abandoned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an answer as long as the settings say.
    async fn within<T>(
        &self,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StorageError> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(self.no_answer()),
        }
    }

    fn no_answer(&self) -> StorageError {
        StorageError::no_answer(self.timeout.as_secs())
    }
}

/// The path of an object in the bucket: the key stands in it as it is.
fn path(location: &Location) -> Result<Path, StorageError> {
    let path = format!("{}{}", tenant_prefix(location.tenant), location.key);
    Path::parse(path).map_err(|_| StorageError::Key("the object store does not take it"))
}

fn store_range(range: ByteRange) -> GetRange {
    match range {
        ByteRange::Between(start, end) => GetRange::Bounded(start..end),
        ByteRange::From(start) => GetRange::Offset(start),
        ByteRange::Last(count) => GetRange::Suffix(count),
    }
}

fn info(key: ObjectKey, result: &GetResult) -> Result<ObjectInfo, StorageError> {
    let (content_type, sha256, metadata) = attributes::read(&result.attributes);
    Ok(ObjectInfo {
        key,
        size: result.meta.size,
        content_type,
        etag: tag(result.meta.e_tag.clone())?,
        modified: result.meta.last_modified,
        sha256,
        metadata,
    })
}

/// Every service that speaks S3 gives entity tags; what depends on them must not guess.
fn tag(etag: Option<String>) -> Result<String, StorageError> {
    etag.ok_or_else(|| StorageError::Settings("the service gives no entity tags: it is no S3".to_owned()))
}
