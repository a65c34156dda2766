//! URLs that let a browser read or write one object, and what a request to one of a folder is allowed.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::Stream;
use url::Url;

use crate::digest::Sha256Digest;
use crate::error::StorageError;
use crate::folder::Claims;
use crate::info::{Download, PutReceipt};
use crate::key::ObjectKey;
use crate::percent;
use crate::request::{ByteRange, GetOptions, PutOptions, check_content_type};
use crate::storage::ObjectStorage;
use crate::tenant::TenantStorage;

/// Longest validity of a signed URL: seven days, the most of AWS Signature Version 4.
pub const MAX_SIGNED_VALIDITY: Duration = Duration::from_hours(7 * 24);
/// Most bytes of one put to S3.
const MAX_SIGNED_BYTES: u64 = 5 << 30;

/// A download by a signed URL.
#[derive(Clone, Debug)]
pub struct SignedDownload {
    /// How long the URL is valid, from a second to seven days.
    pub valid_for: Duration,
    /// Name under which a browser saves the file.
    pub file_name: Option<String>,
    /// Whether a browser may show the content instead of saving it. Never allow that for content of others that could
    /// be HTML or SVG.
    pub inline: bool,
}

impl SignedDownload {
    /// A download that a browser saves.
    #[must_use]
    pub fn attachment(file_name: impl Into<String>, valid_for: Duration) -> Self {
        Self { valid_for, file_name: Some(file_name.into()), inline: false }
    }

    pub(crate) fn check(&self) -> Result<(), StorageError> {
        check_validity(self.valid_for)?;
        if self.file_name.as_ref().is_some_and(|name| name.is_empty() || name.len() > 255) {
            return Err(StorageError::Request("a file name has 1 to 255 bytes"));
        }
        Ok(())
    }

    /// The header `Content-Disposition` (RFC 6266), with the file name in any script (RFC 8187).
    pub(crate) fn disposition(&self) -> String {
        let kind = if self.inline { "inline" } else { "attachment" };
        let Some(name) = &self.file_name else { return kind.to_owned() };
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
            .collect();
        let exact = percent::encode(name, percent::unreserved);
        format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{exact}")
    }
}

/// An upload by a signed URL.
#[derive(Clone, Debug)]
pub struct SignedUpload {
    /// How long the URL is valid, from a second to seven days.
    pub valid_for: Duration,
    /// Media type that the upload must have.
    pub content_type: String,
    /// Exact size of the upload in bytes; the sender knows it beforehand.
    pub size: u64,
    /// Digest that the content must have, if the sender knows it.
    pub sha256: Option<Sha256Digest>,
}

impl SignedUpload {
    pub(crate) fn check(&self) -> Result<(), StorageError> {
        check_validity(self.valid_for)?;
        check_content_type(&self.content_type)?;
        if self.size > MAX_SIGNED_BYTES {
            return Err(StorageError::TooLarge { limit: MAX_SIGNED_BYTES });
        }
        Ok(())
    }
}

fn check_validity(valid_for: Duration) -> Result<(), StorageError> {
    if valid_for < Duration::from_secs(1) || valid_for > MAX_SIGNED_VALIDITY {
        return Err(StorageError::Request("a signed URL is valid for a second to seven days"));
    }
    Ok(())
}

/// When a validity that begins now ends.
pub(crate) fn end_of(now: DateTime<Utc>, valid_for: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(valid_for).ok().and_then(|delta| now.checked_add_signed(delta)).unwrap_or(now)
}

/// A request that is allowed by its signature. Whoever has the URL may make it: treat it as a secret.
#[derive(Clone)]
pub struct SignedUrl {
    /// Method of the request: `GET` or `PUT`.
    pub method: &'static str,
    /// Where it goes.
    pub url: Url,
    /// Headers that it must have, beside those of every request. A browser sets `content-length` itself.
    pub headers: Vec<(&'static str, String)>,
    /// When the signature ends, in UTC.
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query is what allows the request.
        f.debug_struct("SignedUrl")
            .field("method", &self.method)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What a signed request to a folder is allowed.
#[derive(Clone, Debug)]
pub enum Grant {
    /// To read one object.
    Download(DownloadGrant),
    /// To put one object.
    Upload(UploadGrant),
}

impl Grant {
    pub(crate) fn new(storage: &ObjectStorage, claims: Claims) -> Self {
        match claims {
            Claims::Download { location, disposition } => Self::Download(DownloadGrant {
                storage: storage.tenant(location.tenant),
                key: location.key,
                disposition,
            }),
            Claims::Upload { location, content_type, size, sha256 } => Self::Upload(UploadGrant {
                storage: storage.tenant(location.tenant),
                key: location.key,
                options: PutOptions { size: Some(size), sha256, ..PutOptions::of_type(content_type) },
            }),
        }
    }
}

/// Leave to read one object.
#[derive(Clone, Debug)]
pub struct DownloadGrant {
    storage: TenantStorage,
    key: ObjectKey,
    disposition: String,
}

impl DownloadGrant {
    /// The header `Content-Disposition` that the answer must have.
    #[must_use]
    pub fn content_disposition(&self) -> &str {
        &self.disposition
    }

    /// Reads the object.
    ///
    /// # Errors
    /// As [`TenantStorage::get`].
    pub async fn get(&self, range: Option<ByteRange>) -> Result<Download, StorageError> {
        self.storage.get(&self.key, &GetOptions { range, ..GetOptions::default() }).await
    }
}

/// Leave to put one object.
#[derive(Clone, Debug)]
pub struct UploadGrant {
    storage: TenantStorage,
    key: ObjectKey,
    options: PutOptions,
}

impl UploadGrant {
    /// Puts the body of the request.
    ///
    /// # Errors
    /// As [`TenantStorage::put`].
    pub async fn put<S, E>(&self, body: S) -> Result<PutReceipt, StorageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.storage.put(&self.key, body, &self.options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        let download = SignedDownload::attachment("Größe \"1\"\r\n.pdf", Duration::from_mins(1));
        assert_eq!(
            download.disposition(),
            "attachment; filename=\"Gr__e _1___.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%0D%0A.pdf"
        );
        let shown = SignedDownload { valid_for: Duration::from_mins(1), file_name: None, inline: true };
        assert_eq!(shown.disposition(), "inline");
    }

    #[test]
    fn a_validity_is_limited() {
        for seconds in [0, 7 * 24 * 3600 + 1] {
            assert!(check_validity(Duration::from_secs(seconds)).is_err());
        }
        assert!(check_validity(MAX_SIGNED_VALIDITY).is_ok());
    }
}
