//! Files of records that a command takes: CSV, JSON Lines or XLSX, stored on their way in and never held in memory as a whole.

use async_trait::async_trait;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_jobs::StoredUpload;
use axum::http::HeaderMap;
use bytes::Bytes;

use crate::body::media_type;
use crate::csv_file::{FileCheck, forget, store};
use crate::{Body, Intake};

/// Largest workbook, in bytes: unlike the other forms it cannot be read in parts.
pub const MAX_WORKBOOK_BYTES: u64 = 50 << 20;

/// In which form the records of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordsForm {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON object in each line.
    JsonLines,
    /// A workbook of Office Open XML (ECMA-376).
    Workbook,
}

impl RecordsForm {
    /// Its media type: RFC 7111, the usual one of JSON Lines, and the registered one of workbooks.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::JsonLines => "application/x-ndjson",
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    fn of(media_type: &str) -> Option<Self> {
        [Self::Csv, Self::JsonLines, Self::Workbook].into_iter().find(|form| form.media_type() == media_type)
    }
}

/// An uploaded file of records. It is stored already; the command enters it with `keep_upload` in its transaction, or the
/// retention job removes it. CSV and JSON Lines are UTF-8, and stored without a byte order mark.
#[derive(Clone, Debug)]
pub struct RecordsFile {
    /// What the sender says that it is.
    pub form: RecordsForm,
    /// What was stored.
    pub upload: StoredUpload,
    /// The first bytes of it, at most 64 KiB.
    pub start: Bytes,
}

#[async_trait]
impl Body for RecordsFile {
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        let Some(form) = RecordsForm::of(&media_type(headers)) else {
            let detail = "send Content-Type: text/csv, application/x-ndjson or \
                          application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            let kind = ProblemKind::UnsupportedMediaType;
            return Err(Problem::new(kind, "request.unsupported_media_type", detail));
        };
        let most = intake.limits.import_bytes;
        let (check, limit) = match form {
            RecordsForm::Workbook => (FileCheck::bytes(), most.min(MAX_WORKBOOK_BYTES)),
            RecordsForm::Csv | RecordsForm::JsonLines => (FileCheck::text(), most),
        };
        let (upload, start) = store(body, intake, form.media_type(), check, limit).await?;
        Ok((Bytes::copy_from_slice(&upload.sha256), Self { form, upload, start }))
    }

    async fn discard(self, intake: &Intake<'_>) {
        forget(&self.upload, intake).await;
    }
}
