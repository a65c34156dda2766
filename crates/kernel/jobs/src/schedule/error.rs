//! What schedules refuse. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};

use super::MOST_BACKFILLED;

/// Most schedules that a tenant makes itself.
pub(super) const MOST_OWN: i64 = 1_000;

/// Why a schedule was left as it is, or not made.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleProblem {
    /// No such schedule in this tenant.
    #[error("there is no such schedule")]
    NotFound,
    /// The tenant has a schedule of this name.
    #[error("there is a schedule {0} already")]
    NameTaken(String),
    /// It is declared in code, so that only its pause and its runs are in the tenant's hands.
    #[error("the schedule belongs to the platform: it can be paused, but not changed or deleted")]
    Declared,
    /// It is paused.
    #[error("the schedule is paused already")]
    Paused,
    /// It is not paused.
    #[error("the schedule is not paused")]
    NotPaused,
    /// The tenant has as many schedules as it may.
    #[error("the tenant has {MOST_OWN} schedules of its own, the most there may be: delete one first")]
    TooMany,
    /// What was sent breaks a rule; the errors name the fields.
    #[error("the schedule breaks a rule")]
    Invalid(Vec<FieldError>),
    /// A range with more times than are made up for at once.
    #[error("the range has more than {MOST_BACKFILLED} times: ask for a part of it at a time")]
    RangeTooLong,
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl ScheduleProblem {
    /// One field that breaks a rule.
    pub(super) fn field(pointer: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, "invalid", message)])
    }
}

impl DomainError for ScheduleProblem {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "platform.schedule_not_found",
            Self::NameTaken(_) => "platform.schedule_name_taken",
            Self::Declared => "platform.schedule_declared",
            Self::Paused => "platform.schedule_paused",
            Self::NotPaused => "platform.schedule_not_paused",
            Self::TooMany => "platform.too_many_schedules",
            Self::Invalid(_) => "platform.invalid_schedule",
            Self::RangeTooLong => "platform.range_too_long",
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound => ProblemKind::NotFound,
            Self::NameTaken(_) | Self::Declared | Self::Paused | Self::NotPaused | Self::TooMany => {
                ProblemKind::Conflict
            }
            Self::Invalid(_) | Self::RangeTooLong => ProblemKind::Invalid,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        }
    }
}
