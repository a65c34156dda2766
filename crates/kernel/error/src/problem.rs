//! The problem itself: code, kind, text for the caller, field errors, and a cause for the log.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ProblemKind;

/// One field of the request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field in the body, empty for the body as a whole, or `?name` for a query parameter, `#header` for a header.
    pub pointer: String,
    /// Stable code of the rule that is broken, such as `required`.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
    /// Line of the uploaded file, counted from 1 with the header line, where the body is a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<u64>,
}

impl FieldError {
    /// A field error at a JSON pointer.
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into(), row: None }
    }

    /// An error in a line of an uploaded file; `column` names the column, or is empty for the whole line.
    pub fn in_row(row: u64, column: &str, code: impl Into<String>, message: impl Into<String>) -> Self {
        let pointer = if column.is_empty() { String::new() } else { format!("/{column}") };
        Self { row: Some(row), ..Self::new(pointer, code, message) }
    }
}

/// An approval that a refused request waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeededApproval {
    /// Id of the request for it.
    pub id: String,
    /// Role whose holders decide about it.
    pub role: String,
    /// Path of the request for it.
    pub href: String,
}

/// The approvals that a refused request waits for.
#[derive(Debug)]
pub struct Waiting(Vec<NeededApproval>);

/// Implemented by the error enum of each domain: the words that turn a variant into a [`Problem`].
pub trait DomainError: Error + Send + Sync + Sized + 'static {
    /// Stable code `<domain>.<snake_case>`, documented and never reused for something else.
    fn code(&self) -> &'static str;

    /// What kind of problem this is.
    fn kind(&self) -> ProblemKind;

    /// The fields of the request that are wrong, if any are known.
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

/// A problem as it leaves a handler.
#[derive(Debug)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// Stable code.
    pub code: &'static str,
    /// Text for the caller.
    pub detail: String,
    /// The fields that are wrong.
    pub fields: Vec<FieldError>,
    /// Seconds after which trying again makes sense (RFC 9110, section 10.2.3).
    pub retry_after_seconds: Option<u32>,
    /// The version that the record has now, where the caller has named another one.
    pub current_version: Option<i64>,
    /// The approvals that the request waits for, where there are some. Boxed, as few problems have any.
    pub waiting: Option<Box<Waiting>>,
    /// For the log alone; never sent.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of a kind, with a stable code and a text for the caller.
    pub fn new(kind: ProblemKind, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_seconds: None,
            current_version: None,
            waiting: None,
            cause: None,
        }
    }

    /// Names the fields that are wrong.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.fields = fields;
        self
    }

    /// Names the approvals that the request waits for.
    #[must_use]
    pub fn waiting_for(mut self, approvals: Vec<NeededApproval>) -> Self {
        self.waiting = Some(Box::new(Waiting(approvals)));
        self
    }

    /// The approvals that the request waits for.
    pub fn approvals(&self) -> &[NeededApproval] {
        self.waiting.as_deref().map_or(&[], |waiting| &waiting.0)
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says after how many seconds trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The record has another version than the caller has named.
    pub fn version_changed(current: i64) -> Self {
        let detail =
            format!("the record has version {current} now: read it again and repeat the change on it");
        let problem = Self::new(ProblemKind::PreconditionFailed, "request.version_changed", detail);
        Self { current_version: Some(current), ..problem }
    }

    /// Nothing of that id in this tenant.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemKind::NotFound, "request.not_found", format!("there is no such {what}"))
    }

    /// A defect on our side; the cause goes to the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ProblemKind::Internal, "platform.internal", "the request failed; the log has the reason")
            .with_cause(cause)
    }

    /// A needed part does not answer; the cause goes to the log.
    pub fn unavailable(what: &str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ProblemKind::Unavailable, "platform.unavailable", format!("{what} does not answer now"))
            .with_cause(cause)
            .retry_after(2)
    }

    /// The chain of causes in one line, for the log.
    pub fn cause_chain(&self) -> Option<String> {
        let cause = self.cause.as_ref()?;
        let mut text = cause.to_string();
        let mut next = cause.source();
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        Some(text)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl<E: DomainError> From<E> for Problem {
    fn from(error: E) -> Self {
        let (kind, code, fields) = (error.kind(), error.code(), error.fields());
        // What a caller reads of a fault on our side must not carry our words for it.
        let problem = if kind.is_fault() {
            Self::new(kind, code, kind.title())
        } else {
            Self::new(kind, code, error.to_string())
        };
        problem.with_fields(fields).with_cause(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Broken(ProblemKind);

    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("select secret from t failed")
        }
    }

    impl Error for Broken {}

    impl DomainError for Broken {
        fn code(&self) -> &'static str {
            "test.broken"
        }
        fn kind(&self) -> ProblemKind {
            self.0
        }
    }

    #[test]
    fn a_fault_keeps_its_words_for_the_log() {
        let problem = Problem::from(Broken(ProblemKind::Internal));
        assert!(!problem.detail.contains("select"));
        assert_eq!(problem.cause_chain().as_deref(), Some("select secret from t failed"));
    }

    #[test]
    fn a_mistake_of_the_caller_is_told_in_full() {
        let problem = Problem::from(Broken(ProblemKind::Invalid));
        assert_eq!(problem.detail, "select secret from t failed");
    }
}
