//! The port to where uploaded content is kept, and what can go wrong there.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use athyper_kernel_error::{DomainError, ProblemKind};
use athyper_kernel_types::TenantId;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;

use crate::JobError;

/// Longest time that a job waits before it looks again for a store that does not answer.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Content on its way in, and what breaks it off.
pub type Incoming = BoxStream<'static, Result<Bytes, Box<dyn Error + Send + Sync>>>;

/// Content on its way out.
pub type Outgoing = BoxStream<'static, Result<Bytes, UploadError>>;

/// Keeps uploaded content between a request and its job. The object storage implements it.
#[async_trait]
pub trait UploadStore: Send + Sync {
    /// Stores all that comes, at most `limit` bytes, and says how many and their SHA-256 digest. On any failure, or when
    /// the call is dropped, nothing is stored.
    ///
    /// # Errors
    /// [`UploadError::TooLarge`], [`UploadError::Interrupted`] with what the content broke off with, and
    /// [`UploadError::Unavailable`].
    async fn put(
        &self,
        tenant: TenantId,
        key: &str,
        media_type: &str,
        content: Incoming,
        limit: u64,
    ) -> Result<(u64, [u8; 32]), UploadError>;

    /// Begins to read what was stored.
    ///
    /// # Errors
    /// [`UploadError::Missing`] and [`UploadError::Unavailable`].
    async fn open(&self, tenant: TenantId, key: &str) -> Result<Outgoing, UploadError>;

    /// Reads the bytes from `start` on, at most `length` of them, into memory. What is read in parts is not held against the
    /// digest of the whole.
    ///
    /// # Errors
    /// [`UploadError::Missing`] and [`UploadError::Unavailable`].
    async fn read(&self, tenant: TenantId, key: &str, start: u64, length: u64) -> Result<Bytes, UploadError>;

    /// Deletes content; what is not there is deleted already.
    ///
    /// # Errors
    /// [`UploadError::Unavailable`]; some may be deleted then.
    async fn delete(&self, tenant: TenantId, keys: &[String]) -> Result<(), UploadError>;

    /// A page of the keys that begin with `prefix`, with the time at which each was stored (UTC), in the order of the
    /// keys, and what to ask the next page with.
    ///
    /// # Errors
    /// [`UploadError::Unavailable`].
    async fn list(
        &self,
        tenant: TenantId,
        prefix: &str,
        after: Option<String>,
    ) -> Result<UploadPage, UploadError>;
}

/// Part of the list of what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// Keys, each with the time at which it was stored (UTC).
    pub objects: Vec<(String, DateTime<Utc>)>,
    /// What asks for the next page; none on the last.
    pub next: Option<String>,
}

/// Why content could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The store does not answer, or does not let us in. Trying again later makes sense.
    #[error("uploads cannot be reached: {reason}")]
    Unavailable {
        /// What the store said.
        reason: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// The content is larger than it may be.
    #[error("the content is larger than the {limit} bytes that are taken")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// Whoever sent the content broke off.
    #[error("the content broke off: {0}")]
    Interrupted(#[source] Box<dyn Error + Send + Sync>),
    /// There is nothing of that key.
    #[error("the uploaded file is gone: send it again")]
    Missing,
    /// What is there is not what was stored.
    #[error("the stored file {0} is damaged: send it again")]
    Damaged(String),
}

impl DomainError for UploadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "platform.uploads_unavailable",
            Self::TooLarge { .. } => "request.too_large",
            Self::Interrupted(_) => "request.broken_body",
            Self::Missing => "platform.upload_missing",
            Self::Damaged(_) => "platform.upload_damaged",
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Unavailable { .. } => ProblemKind::Unavailable,
            Self::TooLarge { .. } => ProblemKind::TooLarge,
            Self::Interrupted(_) => ProblemKind::Malformed,
            Self::Missing | Self::Damaged(_) => ProblemKind::Internal,
        }
    }
}

impl From<UploadError> for JobError {
    /// A store that does not answer is waited for, however long: no attempt of the job is lost to it.
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Unavailable { reason, retry_after } => {
                tracing::warn!(reason, "the upload cannot be read now, the job waits");
                Self::Snooze(retry_after.clamp(Duration::from_secs(1), LONGEST_WAIT))
            }
            UploadError::Missing | UploadError::Damaged(_) => Self::abort(error.to_string()),
            UploadError::TooLarge { .. } | UploadError::Interrupted(_) => Self::retry(error),
        }
    }
}
