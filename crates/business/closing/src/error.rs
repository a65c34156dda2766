//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use chrono::NaiveDate;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The day was revalued already.
    #[error("{entity} was revalued on {date} already")]
    RevaluedAlready {
        /// The legal entity.
        entity: String,
        /// The day.
        date: NaiveDate,
    },
    /// Not the last day of a fiscal year.
    #[error("{date} is not the last day of a fiscal year of {entity}: that is {last_day}")]
    NotLastDay {
        /// The legal entity.
        entity: String,
        /// The day asked for.
        date: NaiveDate,
        /// The last day of its fiscal year.
        last_day: NaiveDate,
    },
    /// The year is closed.
    #[error("the fiscal year is closed already")]
    YearClosed,
    /// The year is open.
    #[error("the fiscal year is not closed")]
    YearNotClosed,
    /// No such year.
    #[error("there is no such closed fiscal year")]
    YearNotFound,
    /// A day beyond the calendar.
    #[error("the day is beyond the calendar")]
    DayUnknown,
    /// An amount that cannot be converted.
    #[error("an amount in {currency} is too large in base currency")]
    TooLarge {
        /// The currency.
        currency: &'static str,
    },
    /// What the ledger refused.
    #[error("{}", .0.detail)]
    Ledger(Problem),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Ledger(problem)
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::RevaluedAlready { .. } => "closing.revalued_already",
            Self::NotLastDay { .. } => "closing.not_last_day",
            Self::YearClosed => "closing.year_closed",
            Self::YearNotClosed => "closing.year_not_closed",
            Self::YearNotFound => "closing.year_not_found",
            Self::DayUnknown => "closing.day_unknown",
            Self::TooLarge { .. } => "closing.too_large",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::RevaluedAlready { .. } | Self::YearClosed | Self::YearNotClosed => ProblemKind::Conflict,
            Self::YearNotFound => ProblemKind::NotFound,
            Self::NotLastDay { .. } | Self::DayUnknown | Self::TooLarge { .. } => ProblemKind::Invalid,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::RevaluedAlready { .. } => vec![FieldError::new("/date", "taken", self.to_string())],
            Self::NotLastDay { .. } => vec![FieldError::new("/lastDay", "not_last_day", self.to_string())],
            Self::Ledger(problem) => problem.fields.clone(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
