//! Files in whatever form that a command takes: stored on their way in, never held in memory as a whole.

use async_trait::async_trait;
use athyper_kernel_error::Problem;
use athyper_kernel_jobs::StoredUpload;
use axum::http::HeaderMap;
use bytes::Bytes;

use crate::body::stated_media_type;
use crate::csv_file::{FileCheck, forget, store};
use crate::{Body, Intake};

/// An uploaded file in a form that its reader finds out. It is stored already; the command enters it with `keep_upload` in its
/// transaction, or the retention job removes it.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// What was stored.
    pub upload: StoredUpload,
}

#[async_trait]
impl Body for UploadedFile {
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        let media_type = &stated_media_type(headers)?;
        let limit = intake.limits.upload_bytes as u64;
        let (upload, _) = store(body, intake, media_type, FileCheck::bytes(), limit).await?;
        Ok((Bytes::copy_from_slice(&upload.sha256), Self { upload }))
    }

    async fn discard(self, intake: &Intake<'_>) {
        forget(&self.upload, intake).await;
    }
}
