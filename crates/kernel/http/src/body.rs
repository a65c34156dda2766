//! Bodies that a command takes: JSON, a CSV file, or none.

use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::EdgeLimits;

/// How a request's body is limited and decoded.
pub trait Body: Sized + Send {
    /// Largest size, in bytes.
    fn limit(limits: EdgeLimits) -> usize;

    /// Decodes the whole body.
    ///
    /// # Errors
    /// A problem that names the field or the place.
    fn decode(headers: &HeaderMap, bytes: Bytes) -> Result<Self, Problem>;
}

/// A JSON document.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send> Body for Json<T> {
    fn limit(limits: EdgeLimits) -> usize {
        limits.body_bytes
    }

    fn decode(headers: &HeaderMap, bytes: Bytes) -> Result<Self, Problem> {
        require_media_type(headers, "application/json")?;
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(json_problem)?;
        deserializer
            .end()
            .map_err(|error| malformed("request.invalid_json", format!("after the document: {error}")))?;
        Ok(Self(value))
    }
}

/// An uploaded CSV file: UTF-8, with or without a byte order mark.
#[derive(Clone, Debug)]
pub struct CsvFile(pub Bytes);

impl Body for CsvFile {
    fn limit(limits: EdgeLimits) -> usize {
        limits.upload_bytes
    }

    fn decode(headers: &HeaderMap, bytes: Bytes) -> Result<Self, Problem> {
        require_media_type(headers, "text/csv")?;
        if let Err(error) = std::str::from_utf8(&bytes) {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let row = 1 + before.split(|byte| *byte == b'\n').skip(1).count() as u64;
            let message = "this line is not UTF-8: save the file in UTF-8 and send it again";
            return Err(malformed(
                "request.invalid_encoding",
                format!("line {row} of the file is not UTF-8"),
            )
            .with_fields(vec![FieldError::in_row(row, "", "invalid_encoding", message)]));
        }
        let without_mark = if bytes.starts_with(b"\xEF\xBB\xBF") { bytes.slice(3..) } else { bytes };
        if without_mark.iter().all(u8::is_ascii_whitespace) {
            return Err(malformed("request.empty_file", "the file is empty"));
        }
        Ok(Self(without_mark))
    }
}

/// No body; one that is sent all the same is ignored when it is empty JSON and refused otherwise.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl Body for NoBody {
    fn limit(limits: EdgeLimits) -> usize {
        limits.body_bytes
    }

    fn decode(_headers: &HeaderMap, bytes: Bytes) -> Result<Self, Problem> {
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}')) {
            Ok(Self)
        } else {
            Err(malformed("request.unexpected_body", "this operation takes no body"))
        }
    }
}

fn require_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.parse::<mime::Mime>().map(|mime| mime.essence_str().to_owned()).unwrap_or_default();
    if essence == wanted {
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

fn malformed(code: &'static str, detail: impl Into<String>) -> Problem {
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
        let problem = Json::<Entry>::decode(&headers("application/json"), body).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid);
        assert_eq!(problem.fields[0].pointer, "/lines/1/amount");
    }

    #[test]
    fn broken_json_and_trailing_text_are_malformed() {
        for text in ["{", "", "{\"lines\":[]} x"] {
            let body = Bytes::from_static(text.as_bytes());
            let problem = Json::<Entry>::decode(&headers("application/json"), body).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Malformed, "{text:?}");
        }
    }

    #[test]
    fn another_media_type_is_refused() {
        let problem = Json::<Entry>::decode(&headers("text/plain"), Bytes::from_static(b"{}")).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::UnsupportedMediaType);
    }

    #[test]
    fn broken_utf8_names_the_line() {
        let body = Bytes::from_static(b"account,type\nA,\xFF\n");
        let problem = CsvFile::decode(&headers("text/csv; charset=utf-8"), body).unwrap_err();
        assert_eq!(problem.fields[0].row, Some(2));
    }

    #[test]
    fn a_byte_order_mark_is_no_content() {
        let file = CsvFile::decode(&headers("text/csv"), Bytes::from_static(b"\xEF\xBB\xBFa\n")).unwrap();
        assert_eq!(&*file.0, b"a\n");
        assert!(CsvFile::decode(&headers("text/csv"), Bytes::from_static(b"\xEF\xBB\xBF \n")).is_err());
    }
}
