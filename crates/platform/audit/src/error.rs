//! What this service refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;

use crate::ports::CheckpointStoreError;

/// Why an operation on the trail was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such event in this tenant.
    #[error("there is no such event")]
    EventNotFound,
    /// Nothing is written down about this record.
    #[error("there are no events about such a record")]
    RecordNotFound,
    /// No such policy in this tenant.
    #[error("there is no such retention policy")]
    PolicyNotFound,
    /// The number of days breaks a rule.
    #[error("events are kept for 30 to 36500 days")]
    KeepDays,
    /// No such hold in this tenant.
    #[error("there is no such legal hold")]
    HoldNotFound,
    /// It holds nothing any more.
    #[error("the legal hold is released already")]
    HoldReleased,
    /// A period that ends before it starts.
    #[error("recordedUntil is not after recordedFrom")]
    EmptyPeriod,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The object storage.
    #[error(transparent)]
    Store(#[from] CheckpointStoreError),
    /// Something that should have been JSON.
    #[error("an event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::EventNotFound => "audit.event_not_found",
            Self::RecordNotFound => "audit.record_not_found",
            Self::PolicyNotFound => "audit.retention_policy_not_found",
            Self::KeepDays => "audit.keep_days",
            Self::HoldNotFound => "audit.legal_hold_not_found",
            Self::HoldReleased => "audit.legal_hold_released",
            Self::EmptyPeriod => "audit.empty_period",
            Self::Store(_) => "audit.checkpoints_unavailable",
            Self::Json(_) => "audit.event_unreadable",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::EventNotFound | Self::RecordNotFound | Self::PolicyNotFound | Self::HoldNotFound => {
                ProblemKind::NotFound
            }
            Self::HoldReleased => ProblemKind::Conflict,
            Self::KeepDays | Self::EmptyPeriod => ProblemKind::Invalid,
            Self::Store(_) => ProblemKind::Unavailable,
            Self::Json(_) => ProblemKind::Internal,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::KeepDays => one("/keepDays", "out_of_range"),
            Self::EmptyPeriod => one("/recordedUntil", "not_after_from"),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

/// In a job, a refusal ends the job for good; what could not be done now is tried again.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            Error::Store(error) => Self::retry(error),
            refusal => Problem::from(refusal).into(),
        }
    }
}
