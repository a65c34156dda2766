//! An upload in parts to S3, which forgets its parts only when it is told to.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::FutureExt as _;
use object_store::PutMultipartOptions;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;

use super::{S3, attributes, tag};
use crate::error::StorageError;
use crate::intake::Content;
use crate::request::PutOptions;
use crate::upload::PartInFlight;

/// Largest object that S3 copies in one request.
const MAX_COPY_BYTES: u64 = 5 << 30;

/// An upload that nobody works on any more.
pub(super) struct Abandoned {
    path: Path,
    id: String,
}

/// An upload in parts. Unless it is completed or aborted, it is noted as abandoned.
pub(crate) struct S3Upload<'s> {
    s3: &'s S3,
    path: Path,
    /// What S3 calls the upload, until it has ended.
    id: Option<String>,
    sent: usize,
    parts: BTreeMap<usize, PartId>,
}

impl<'s> S3Upload<'s> {
    pub(super) async fn begin(s3: &'s S3, path: Path, options: &PutOptions) -> Result<Self, StorageError> {
        let attributes = attributes::of(options, options.sha256);
        let with = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let id = s3.within(s3.store.create_multipart_opts(&path, with)).await?;
        Ok(Self::resume(s3, Abandoned { path, id }))
    }

    pub(super) fn resume(s3: &'s S3, Abandoned { path, id }: Abandoned) -> Self {
        Self { s3, path, id: Some(id), sent: 0, parts: BTreeMap::new() }
    }

    pub(crate) fn part(&mut self, content: Bytes) -> PartInFlight {
        let number = self.sent;
        self.sent += 1;
        let (store, path, id) =
            (self.s3.store.clone(), self.path.clone(), self.id.clone().unwrap_or_default());
        async move { Ok((number, store.put_part(&path, &id, number, content.into()).await?)) }.boxed()
    }

    pub(crate) fn arrived(&mut self, number: usize, part: PartId) {
        self.parts.insert(number, part);
    }

    /// Makes the object out of the parts; gives its entity tag.
    pub(crate) async fn complete(
        mut self,
        options: &PutOptions,
        content: Content,
    ) -> Result<String, StorageError> {
        let parts: Vec<PartId> = std::mem::take(&mut self.parts).into_values().collect();
        let id = self.id.clone().unwrap_or_default();
        let etag = if options.if_absent {
            self.s3.calls.complete_if_absent(&self.path, &id, &parts).await
        } else {
            let completed = self.s3.store.complete_multipart(&self.path, &id, parts).await;
            completed.map_err(StorageError::from).and_then(|result| tag(result.e_tag))
        };
        match etag {
            Ok(etag) => {
                self.id = None;
                Ok(self.note_digest(options, content, etag).await)
            }
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Notes the digest with the object, when it was not known at the beginning; gives the entity tag.
    async fn note_digest(&self, options: &PutOptions, content: Content, etag: String) -> String {
        if options.sha256.is_some() || content.size > MAX_COPY_BYTES {
            return etag;
        }
        let metadata = attributes::metadata(options, Some(content.sha256));
        let noted =
            self.s3.calls.replace_attributes(&self.path, &etag, options.content_type(), metadata).await;
        match noted {
            Ok(new) => new.unwrap_or(etag),
            Err(error) => {
                // The object is whole; only its digest is not told by `head`.
                tracing::warn!(%error, "the digest of a large object could not be noted");
                etag
            }
        }
    }

    /// Ends the upload and lets S3 forget the parts.
    pub(crate) async fn abort(self) {
        if let Err(error) = self.end().await {
            tracing::warn!(%error, "a large upload could not be ended; it is tried again with the next one");
        }
    }

    pub(super) async fn end(mut self) -> Result<(), StorageError> {
        let id = self.id.clone().unwrap_or_default();
        match self.s3.within(self.s3.store.abort_multipart(&self.path, &id)).await {
            Ok(()) | Err(StorageError::NotFound) => {
                self.id = None;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for S3Upload<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.s3.abandoned().push(Abandoned { path: self.path.clone(), id });
        }
    }
}
