//! What the storage says about objects.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use futures::stream::BoxStream;

use crate::digest::Sha256Digest;
use crate::error::StorageError;
use crate::key::ObjectKey;

/// An object, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: ObjectKey,
    /// Size in bytes.
    pub size: u64,
    /// Media type.
    pub content_type: String,
    /// Strong entity tag with its quotes (RFC 9110, section 8.8.3): another version has another tag.
    pub etag: String,
    /// When it was put, in UTC.
    pub modified: DateTime<Utc>,
    /// Digest of the content. Unknown for an object that was put by a signed URL without a digest, and on S3 for an
    /// object above 5 GiB that was put without one.
    pub sha256: Option<Sha256Digest>,
    /// The facts it was put with.
    pub metadata: BTreeMap<String, String>,
}

/// What was stored by a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutReceipt {
    /// Size in bytes.
    pub size: u64,
    /// Digest of the content.
    pub sha256: Sha256Digest,
    /// Entity tag of the new version.
    pub etag: String,
}

/// Content that is being read.
pub struct Download {
    /// The object.
    pub info: ObjectInfo,
    /// Which bytes of it follow.
    pub range: Range<u64>,
    /// The bytes, in pieces of any size.
    pub body: BoxStream<'static, Result<Bytes, StorageError>>,
}

impl Download {
    /// Reads everything that follows into memory, if it is at most `limit` bytes.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`] above the limit; what the stream fails with.
    pub async fn bytes(mut self, limit: u64) -> Result<Bytes, StorageError> {
        if self.range.end - self.range.start > limit {
            return Err(StorageError::TooLarge { limit });
        }
        let mut content = BytesMut::new();
        while let Some(piece) = self.body.try_next().await? {
            content.extend_from_slice(&piece);
        }
        Ok(content.freeze())
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("info", &self.info)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: ObjectKey,
    /// Size in bytes.
    pub size: u64,
    /// Entity tag, where the store lists it.
    pub etag: Option<String>,
    /// When it was put, in UTC.
    pub modified: DateTime<Utc>,
}

/// Part of a list, in the order of the keys' bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// The objects.
    pub objects: Vec<ListedObject>,
    /// How to ask for the next page; none on the last.
    pub next: Option<ListToken>,
}

/// Where a page of a list ended; as text it can be handed to a client and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListToken(ObjectKey);

impl ListToken {
    pub(crate) fn after(key: ObjectKey) -> Self {
        Self(key)
    }

    pub(crate) fn key(&self) -> &ObjectKey {
        &self.0
    }
}

impl fmt::Display for ListToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_str()))
    }
}

impl FromStr for ListToken {
    type Err = StorageError;

    fn from_str(token: &str) -> Result<Self, StorageError> {
        let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        key.and_then(|key| ObjectKey::parse(key).ok())
            .map(Self)
            .ok_or(StorageError::Request("the token of a list must be one that a page gave"))
    }
}
