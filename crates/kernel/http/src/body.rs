//! Bodies that a command takes: JSON or none; files are in `csv_file.rs`.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::UploadStore;
use athyper_kernel_types::{Clock, TenantId};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::Caller;

/// Limits of a request.
#[derive(Clone, Copy, Debug)]
pub struct EdgeLimits {
    /// Largest JSON body, in bytes.
    pub body_bytes: usize,
    /// Largest uploaded file, in bytes.
    pub upload_bytes: usize,
    /// Largest file of records to import, in bytes.
    pub import_bytes: u64,
}

/// What a body is taken in with.
#[derive(Clone, Copy)]
pub struct Intake<'c> {
    pub(crate) limits: EdgeLimits,
    pub(crate) tenant: TenantId,
    pub(crate) uploads: &'c dyn UploadStore,
    pub(crate) clock: &'c Clock,
}

impl<'c> Intake<'c> {
    pub(crate) fn of(caller: &'c Caller) -> Self {
        let edge = caller.edge();
        Self {
            limits: edge.limits,
            tenant: caller.context().tenant_id(),
            uploads: &*edge.uploads,
            clock: edge.database.clock(),
        }
    }
}

impl fmt::Debug for Intake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// How a request's body is limited, read and decoded.
#[async_trait]
pub trait Body: Sized + Send {
    /// Reads and decodes the whole body; also gives the bytes that stand for it, so that the same request can be told
    /// from another one.
    ///
    /// # Errors
    /// A problem that names the field or the place.
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem>;

    /// Lets go of what was stored on the way in, when the request is answered without it.
    async fn discard(self, _intake: &Intake<'_>) {}
}

/// Reads a body into memory.
pub(crate) async fn read_all(body: axum::body::Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(limit as u64)),
        Err(error) => Err(broken_body(error)),
    }
}

pub(crate) fn too_large(limit: u64) -> Problem {
    let detail = format!("the body is larger than the {limit} bytes that this operation takes");
    let field = FieldError::new("", "too_large", "split the file or send less at once");
    Problem::new(ProblemKind::TooLarge, "request.too_large", detail).with_fields(vec![field])
}

pub(crate) fn broken_body(error: Box<dyn Error + Send + Sync>) -> Problem {
    let detail = "the body ended before it was complete";
    Problem::new(ProblemKind::Malformed, "request.broken_body", detail).with_cause(error)
}

/// A JSON document.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

#[async_trait]
impl<T: DeserializeOwned + Send> Body for Json<T> {
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        let bytes = read_all(body, intake.limits.body_bytes).await?;
        let decoded = Self::decode(headers, &bytes)?;
        Ok((bytes, decoded))
    }
}

impl<T: DeserializeOwned> Json<T> {
    pub(crate) fn decode(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem> {
        require_media_type(headers, "application/json")?;
        decode_json(bytes).map(Self)
    }
}

/// Reads a whole JSON document.
pub(crate) fn decode_json<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(json_problem)?;
    deserializer
        .end()
        .map_err(|error| malformed("request.invalid_json", format!("after the document: {error}")))?;
    Ok(value)
}

/// No body; one that is sent all the same is ignored when it is empty JSON and refused otherwise.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

#[async_trait]
impl Body for NoBody {
    async fn take(
        _headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        let bytes = read_all(body, intake.limits.body_bytes).await?;
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}')) {
            Ok((bytes, Self))
        } else {
            Err(malformed("request.unexpected_body", "this operation takes no body"))
        }
    }
}

/// The media type of a body, without its parameters; empty where none is said.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.parse::<mime::Mime>().map(|mime| mime.essence_str().to_owned()).unwrap_or_default()
}

/// What a file says that it is.
///
/// # Errors
/// Where it says nothing, or a range.
pub(crate) fn stated_media_type(headers: &HeaderMap) -> Result<String, Problem> {
    let said = media_type(headers);
    if said.is_empty() || said.contains('*') {
        let detail = "send the file's media type as Content-Type, application/octet-stream for any";
        let kind = ProblemKind::UnsupportedMediaType;
        return Err(Problem::new(kind, "request.unsupported_media_type", detail));
    }
    Ok(said)
}

pub(crate) fn require_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    if media_type(headers) == wanted {
        return Ok(());
    }
    let detail = format!("send Content-Type: {wanted}");
    Err(Problem::new(ProblemKind::UnsupportedMediaType, "request.unsupported_media_type", detail))
}

/// Broken JSON is malformed; JSON of the wrong form breaks a rule and names the field.
fn json_problem(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let pointer = pointer(error.path());
    let inner = error.inner();
    if inner.is_data() {
        let message = without_type_names(&inner.to_string());
        return Problem::new(
            ProblemKind::Invalid,
            "request.invalid_body",
            "the body does not have the form that this operation takes",
        )
        .with_fields(vec![FieldError::new(pointer, "invalid", message)]);
    }
    malformed("request.invalid_json", format!("the body is not JSON: {inner}"))
        .with_fields(vec![FieldError::new(pointer, "invalid_json", inner.to_string())])
}

/// serde names the Rust type that it expected; to a caller it is an object.
fn without_type_names(message: &str) -> String {
    let Some((before, after)) = message.split_once("expected struct ") else { return message.to_owned() };
    let rest = after.find(' ').and_then(|end| after.get(end..)).unwrap_or_default();
    format!("{before}expected an object{rest}")
}

/// JSON pointer (RFC 6901) of a path of serde.
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    use std::fmt::Write as _;

    let mut pointer = String::new();
    for segment in path {
        let written = match segment {
            Segment::Seq { index } => write!(pointer, "/{index}"),
            Segment::Map { key } => write!(pointer, "/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => write!(pointer, "/{variant}"),
            Segment::Unknown => Ok(()),
        };
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    pointer
}

pub(crate) fn malformed(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Malformed, code, detail)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Line {
        #[expect(dead_code, reason = "only its type matters")]
        amount: String,
    }

    #[derive(Debug, Deserialize)]
    struct Entry {
        #[expect(dead_code, reason = "only its type matters")]
        lines: Vec<Line>,
    }

    fn headers(media_type: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))])
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let body = Bytes::from_static(br#"{"lines":[{"amount":"1"},{"amount":2}]}"#);
        let problem = Json::<Entry>::decode(&headers("application/json"), &body).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid);
        assert_eq!(problem.fields[0].pointer, "/lines/1/amount");
    }

    #[test]
    fn broken_json_and_trailing_text_are_malformed() {
        for text in ["{", "", "{\"lines\":[]} x"] {
            let body = Bytes::from_static(text.as_bytes());
            let problem = Json::<Entry>::decode(&headers("application/json"), &body).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Malformed, "{text:?}");
        }
    }

    #[test]
    fn another_media_type_is_refused() {
        let problem = Json::<Entry>::decode(&headers("text/plain"), &Bytes::from_static(b"{}")).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::UnsupportedMediaType);
    }
}
