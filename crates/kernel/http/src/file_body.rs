//! Files of any type that a command takes: stored on their way in, never held in memory as a whole.

use std::error::Error;

use async_trait::async_trait;
use athyper_kernel_error::Problem;
use athyper_kernel_jobs::UploadError;
use athyper_kernel_types::Id;
use axum::http::HeaderMap;
use bytes::Bytes;
use futures::StreamExt as _;
use uuid::Uuid;

use crate::body::{broken_body, malformed, stated_media_type, too_large};
use crate::{Body, Intake};

/// What the keys of all such files begin with, within their tenant.
pub const FILE_PREFIX: &str = "attachments/";

/// Marker of a file's id.
#[derive(Clone, Copy, Debug)]
enum File {}

/// A file that was sent as the body of a request. It is stored already; whoever takes it enters it in its transaction, and
/// removes what was stored and never entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileBody {
    /// Its id; the object's key follows from it.
    pub id: Uuid,
    /// Media type, without parameters.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 digest of the content.
    pub sha256: [u8; 32],
}

/// Key of the object of a file, within its tenant.
pub fn file_key(id: Uuid) -> String {
    format!("{FILE_PREFIX}{id}")
}

#[async_trait]
impl Body for FileBody {
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        let media_type = stated_media_type(headers)?;
        let id = Id::<File>::new(intake.clock).uuid();
        let limit = intake.limits.upload_bytes as u64;
        let content =
            body.into_data_stream().map(|piece| piece.map_err(Box::<dyn Error + Send + Sync>::from));
        let stored =
            intake.uploads.put(intake.tenant, &file_key(id), &media_type, content.boxed(), limit).await;
        let (size, sha256) = stored.map_err(problem)?;
        let file = Self { id, media_type, size, sha256 };
        if size == 0 {
            file.discard(intake).await;
            return Err(malformed("request.empty_file", "the file is empty"));
        }
        Ok((Bytes::copy_from_slice(&sha256), file))
    }

    async fn discard(self, intake: &Intake<'_>) {
        if let Err(error) = intake.uploads.delete(intake.tenant, &[file_key(self.id)]).await {
            tracing::debug!(%error, "a file that is not needed stays until it is found to be nobody's");
        }
    }
}

/// The problem of a file that was not stored.
fn problem(error: UploadError) -> Problem {
    match error {
        UploadError::TooLarge { limit } => too_large(limit),
        UploadError::Interrupted(cause) => broken_body(cause),
        UploadError::Unavailable { retry_after, .. } => {
            let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX).max(1);
            Problem::from(error).retry_after(seconds)
        }
        UploadError::Missing | UploadError::Damaged(_) => error.into(),
    }
}
