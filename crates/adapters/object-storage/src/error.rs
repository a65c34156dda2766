//! What can go wrong with objects, told apart by who can mend it.

use std::error::Error;

use athyper_kernel_error::{DomainError, Problem, ProblemKind};
use object_store::client::HttpError;

use crate::digest::Sha256Digest;

/// Seconds after which trying again makes sense when the store does not answer.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Why an operation on objects failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// There is no such object in this tenant.
    #[error("there is no such object")]
    NotFound,
    /// There is an object already where none may be.
    #[error("there is an object of that key already: choose another key, or allow it to be replaced")]
    AlreadyExists,
    /// The object is not the version that the caller means.
    #[error("the object has changed since you read it: read it again")]
    Precondition,
    /// The object is still the version that the caller has. Answer 304 to a conditional request.
    #[error("the object has not changed")]
    NotModified,
    /// The content is larger than allowed.
    #[error("the content is larger than the {limit} bytes that are allowed")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// The content has another digest than the caller announced.
    #[error("the content has the SHA-256 {actual} and not {expected}: send it again")]
    DigestMismatch {
        /// What was announced.
        expected: Sha256Digest,
        /// What arrived.
        actual: Sha256Digest,
    },
    /// The content is shorter than the caller announced.
    #[error("the content ended after {actual} of {expected} bytes: send it again")]
    Incomplete {
        /// What was announced.
        expected: u64,
        /// What arrived.
        actual: u64,
    },
    /// The sender's stream broke off.
    #[error("the upload broke off: {0}")]
    Interrupted(#[source] Box<dyn Error + Send + Sync>),
    /// The range lies outside the object, or is empty.
    #[error("the range is outside the object of {size} bytes: ask for bytes that are there")]
    Range {
        /// Size of the object.
        size: u64,
    },
    /// The key breaks a rule.
    #[error("this is no object key: {0}")]
    Key(&'static str),
    /// A content type, a name or value of metadata, a token of a list or a validity breaks a rule.
    #[error("the request for an object is not valid: {0}")]
    Request(&'static str),
    /// The signature of a request is missing, wrong, expired, or of another request.
    #[error("the signed request is refused: {0}")]
    Refused(&'static str),
    /// The store does not answer, or not in time.
    #[error("the object store does not answer: {reason}")]
    Unavailable {
        /// What the connection or the store said.
        reason: String,
    },
    /// The store refuses our credentials.
    #[error(
        "the object store refuses us: {reason}; check s3.accessKey, s3.secretKey and the rights of the key"
    )]
    Denied {
        /// What the store said.
        reason: String,
    },
    /// The settings cannot work.
    #[error("the object storage cannot be set up: {0}")]
    Settings(String),
    /// A file of the folder cannot be understood.
    #[error("the record of an object is damaged ({0}): restore the folder, or delete the object")]
    Damaged(String),
}

impl StorageError {
    /// The problem for a caller; an outage says when to try again.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        let wait = matches!(self, Self::Unavailable { .. });
        let problem = Problem::from(self);
        if wait { problem.retry_after(RETRY_AFTER_SECONDS) } else { problem }
    }

    /// The error for a call that took too long.
    pub(crate) fn no_answer(seconds: u64) -> Self {
        Self::Unavailable { reason: format!("no answer within {seconds} s") }
    }
}

impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as Store;
        let reason = chain(&error);
        match &error {
            // A bucket that is not there answers 404 as well.
            _ if reason.contains("NoSuchBucket") => {
                Self::Settings("the bucket does not exist; create it, or correct s3.bucket".to_owned())
            }
            Store::NotFound { .. } => Self::NotFound,
            Store::AlreadyExists { .. } => Self::AlreadyExists,
            Store::Precondition { .. } => Self::Precondition,
            Store::NotModified { .. } => Self::NotModified,
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => Self::Denied { reason },
            // Lists and bulk deletions do not tell their failures apart but by the status in the text.
            _ => match status_in(&reason) {
                Some(401 | 403) => Self::Denied { reason },
                Some(408 | 429) | None => Self::Unavailable { reason },
                Some(status) if status >= 500 => Self::Unavailable { reason },
                Some(_) => Self::Settings(format!("the object store does not understand us: {reason}")),
            },
        }
    }
}

impl From<HttpError> for StorageError {
    fn from(error: HttpError) -> Self {
        Self::Unavailable { reason: chain(&error) }
    }
}

/// An error with its causes, each once: most texts here repeat those of their cause.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    text
}

/// The HTTP status that the client crate names in its text.
fn status_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

impl DomainError for StorageError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "storage.not_found",
            Self::AlreadyExists => "storage.already_exists",
            Self::Precondition => "storage.precondition_failed",
            Self::NotModified => "storage.not_modified",
            Self::TooLarge { .. } => "storage.too_large",
            Self::DigestMismatch { .. } => "storage.digest_mismatch",
            Self::Incomplete { .. } => "storage.incomplete",
            Self::Interrupted(_) => "storage.interrupted",
            Self::Range { .. } => "storage.invalid_range",
            Self::Key(_) => "storage.invalid_key",
            Self::Request(_) => "storage.invalid_request",
            Self::Refused(_) => "storage.refused",
            Self::Unavailable { .. } => "storage.unavailable",
            Self::Denied { .. } => "storage.denied",
            Self::Settings(_) => "storage.invalid_settings",
            Self::Damaged(_) => "storage.damaged",
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound => ProblemKind::NotFound,
            Self::AlreadyExists => ProblemKind::Conflict,
            Self::Precondition | Self::NotModified => ProblemKind::PreconditionFailed,
            Self::TooLarge { .. } => ProblemKind::TooLarge,
            Self::DigestMismatch { .. }
            | Self::Incomplete { .. }
            | Self::Range { .. }
            | Self::Key(_)
            | Self::Request(_) => ProblemKind::Invalid,
            Self::Interrupted(_) => ProblemKind::Malformed,
            Self::Refused(_) => ProblemKind::Forbidden,
            Self::Unavailable { .. } => ProblemKind::Unavailable,
            Self::Denied { .. } | Self::Settings(_) | Self::Damaged(_) => ProblemKind::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_a_503_that_says_when_to_try_again() {
        let problem = StorageError::Unavailable { reason: "10.0.0.7 refused".to_owned() }.into_problem();
        assert_eq!((problem.kind.status(), problem.retry_after_seconds), (503, Some(5)));
        assert!(!problem.detail.contains("10.0.0.7"));
    }

    #[test]
    fn what_the_caller_can_mend_is_told_in_full() {
        let problem = StorageError::TooLarge { limit: 5 }.into_problem();
        assert_eq!((problem.kind.status(), problem.retry_after_seconds), (413, None));
        assert!(problem.detail.contains("5 bytes"));
    }
}
