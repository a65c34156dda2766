//! CSV files that a command takes: checked on their way into the store, never held in memory as a whole.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_jobs::{Incoming, StoredUpload, UploadError, upload_key};
use athyper_kernel_types::Id;
use axum::body::BodyDataStream;
use axum::http::HeaderMap;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, stream};

use crate::body::{broken_body, malformed, require_media_type, too_large};
use crate::{Body, Intake};

/// Media type of a CSV file (RFC 7111, section 5).
const MEDIA_TYPE: &str = "text/csv";

/// The byte order mark that some programs write before a text in UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// How much of a file's start is at hand without reading it again, in bytes.
const START_BYTES: usize = 64 * 1024;

/// An uploaded CSV file: UTF-8, with or without a byte order mark. It is stored already; the command enters it with
/// `keep_upload` in its transaction, or the retention job removes it.
#[derive(Clone, Debug)]
pub struct CsvFile {
    /// What was stored, without the byte order mark.
    pub upload: StoredUpload,
    /// The first bytes of it, at most 64 KiB.
    pub start: Bytes,
}

#[async_trait]
impl Body for CsvFile {
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        require_media_type(headers, MEDIA_TYPE)?;
        let limit = intake.limits.upload_bytes as u64;
        let (upload, start) = store(body, intake, MEDIA_TYPE, FileCheck::text(), limit).await?;
        Ok((Bytes::copy_from_slice(&upload.sha256), Self { upload, start }))
    }

    async fn discard(self, intake: &Intake<'_>) {
        forget(&self.upload, intake).await;
    }
}

/// Stores a body as it comes in, and gives the first bytes of what was stored.
pub(crate) async fn store(
    body: axum::body::Body,
    intake: &Intake<'_>,
    media_type: &str,
    check: FileCheck,
    limit: u64,
) -> Result<(StoredUpload, Bytes), Problem> {
    let id = Id::new(intake.clock);
    let check = Arc::new(Mutex::new(check));
    let content = checked(body.into_data_stream(), Arc::clone(&check));
    let stored = intake.uploads.put(intake.tenant, &upload_key(id), media_type, content, limit).await;
    let (size, sha256) = stored.map_err(problem)?;
    let start = std::mem::take(&mut lock(&check).start).freeze();
    Ok((StoredUpload { id, media_type: media_type.to_owned(), size, sha256 }, start))
}

/// Lets go of a file whose request is answered without it.
pub(crate) async fn forget(upload: &StoredUpload, intake: &Intake<'_>) {
    if let Err(error) = intake.uploads.delete(intake.tenant, &[upload_key(upload.id)]).await {
        tracing::debug!(%error, "a file that is not needed stays until the retention job");
    }
}

/// The problem of a file that was not stored: the one that the check found, or what became of the store.
fn problem(error: UploadError) -> Problem {
    match error {
        UploadError::TooLarge { limit } => too_large(limit),
        UploadError::Interrupted(cause) => match cause.downcast::<Refused>() {
            Ok(refused) => refused.0,
            Err(cause) => broken_body(cause),
        },
        UploadError::Unavailable { retry_after, .. } => {
            let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX).max(1);
            Problem::from(error).retry_after(seconds)
        }
        UploadError::Missing | UploadError::Damaged(_) => error.into(),
    }
}

/// The pieces of a body, each checked before it goes on. What is wrong ends the stream with the problem as its error.
fn checked(body: BodyDataStream, check: Arc<Mutex<FileCheck>>) -> Incoming {
    stream::unfold(Some(body), move |body| {
        let check = Arc::clone(&check);
        async move {
            let mut body = body?;
            let (piece, rest) = match body.next().await {
                Some(Ok(piece)) => (lock(&check).take(piece).map_err(boxed), Some(body)),
                Some(Err(error)) => (Err(error.into()), None),
                None => (lock(&check).end().map(|()| Bytes::new()).map_err(boxed), None),
            };
            let rest = rest.filter(|_| piece.is_ok());
            Some((piece, rest))
        }
    })
    .boxed()
}

fn lock(check: &Mutex<FileCheck>) -> MutexGuard<'_, FileCheck> {
    check.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A problem on its way through the store's error.
#[derive(Debug)]
struct Refused(Problem);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {}

fn boxed(problem: Problem) -> Box<dyn Error + Send + Sync> {
    Box::new(Refused(problem))
}

/// What is known of a file while it passes: where it is text, whether it is UTF-8 so far, and whether it says anything.
#[derive(Debug, Default)]
pub(crate) struct FileCheck {
    is_text: bool,
    /// Bytes that need the next ones to be understood: of a character, or of the mark.
    held: Bytes,
    is_past_mark: bool,
    has_content: bool,
    line_ends: u64,
    start: BytesMut,
}

impl FileCheck {
    /// Of a file that has to be UTF-8.
    pub(crate) fn text() -> Self {
        Self { is_text: true, ..Self::default() }
    }

    /// Of a file that may be any bytes.
    pub(crate) fn bytes() -> Self {
        Self::default()
    }

    /// Takes a piece, and gives what may go on of it and of what was held.
    fn take(&mut self, piece: Bytes) -> Result<Bytes, Problem> {
        if !self.is_text {
            self.note(&piece);
            return Ok(piece);
        }
        let mut text = if self.held.is_empty() {
            piece
        } else {
            let held = std::mem::take(&mut self.held);
            Bytes::from([held, piece].concat())
        };
        if !self.is_past_mark {
            if text.len() < MARK.len() && MARK.starts_with(&text) {
                self.held = text;
                return Ok(Bytes::new());
            }
            self.is_past_mark = true;
            if text.starts_with(MARK) {
                text = text.slice(MARK.len()..);
            }
        }
        if let Err(error) = std::str::from_utf8(&text) {
            let valid = error.valid_up_to();
            if error.error_len().is_some() {
                return Err(self.not_utf8(text.get(..valid).unwrap_or_default()));
            }
            self.held = text.split_off(valid);
        }
        self.note(&text);
        Ok(text)
    }

    /// Notes what the file says so far.
    fn note(&mut self, text: &[u8]) {
        self.line_ends += line_ends(text);
        self.has_content |= !text.iter().all(u8::is_ascii_whitespace);
        let wanted = START_BYTES.saturating_sub(self.start.len());
        self.start.extend_from_slice(text.get(..wanted).unwrap_or(text));
    }

    /// The file has ended.
    fn end(&self) -> Result<(), Problem> {
        if !self.held.is_empty() {
            return Err(self.not_utf8(&[]));
        }
        if self.has_content { Ok(()) } else { Err(malformed("request.empty_file", "the file is empty")) }
    }

    fn not_utf8(&self, before: &[u8]) -> Problem {
        let row = 1 + self.line_ends + line_ends(before);
        let message = "this line is not UTF-8: save the file in UTF-8 and send it again";
        malformed("request.invalid_encoding", format!("line {row} of the file is not UTF-8"))
            .with_fields(vec![FieldError::in_row(row, "", "invalid_encoding", message)])
    }
}

fn line_ends(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').skip(1).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes on of a file that comes in pieces of this size.
    fn pass(file: &[u8], size: usize) -> Result<Vec<u8>, Problem> {
        let mut check = FileCheck::text();
        let mut passed = Vec::new();
        for piece in file.chunks(size) {
            passed.extend_from_slice(&check.take(Bytes::copy_from_slice(piece))?);
        }
        check.end()?;
        assert_eq!(check.start, passed.get(..START_BYTES).unwrap_or(&passed));
        Ok(passed)
    }

    #[test]
    fn a_byte_order_mark_is_no_content_however_the_file_is_cut() {
        for size in 1..9 {
            assert_eq!(pass(b"\xEF\xBB\xBFa,b\n", size).unwrap(), b"a,b\n", "{size}");
            assert_eq!(pass("größe,日本\n🦀,1\n".as_bytes(), size).unwrap(), "größe,日本\n🦀,1\n".as_bytes());
            for empty in [&b""[..], b" \n\t", b"\xEF\xBB\xBF \n"] {
                assert_eq!(pass(empty, size).unwrap_err().code, "request.empty_file", "{size}");
            }
        }
    }

    #[test]
    fn broken_utf8_names_the_line_however_the_file_is_cut() {
        for size in 1..9 {
            for (file, row) in [
                (&b"account,type\nA,\xFF\n"[..], 2),
                (b"\xEF\xBB", 1),
                (b"a\nb\nc\xF0\x9F\xA6", 3),
                (b"\xF0\x9Fa", 1),
            ] {
                let problem = pass(file, size).unwrap_err();
                assert_eq!(problem.code, "request.invalid_encoding");
                assert_eq!(problem.fields[0].row, Some(row), "{file:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn the_start_is_bounded() {
        let file = "a,b\n".repeat(100_000);
        assert_eq!(pass(file.as_bytes(), 1_000).unwrap(), file.as_bytes());
    }
}
