//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use chrono::NaiveDate;

use crate::model::columns::ColumnError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The last day is before the first.
    #[error("the last day, {to}, is before the first, {from}")]
    DaysReversed {
        /// First day.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
    },
    /// Columns that cannot be shown.
    #[error(transparent)]
    Columns(#[from] ColumnError),
    /// No such layout.
    #[error("there is no layout {code} of this statement")]
    LayoutNotFound {
        /// The code asked for.
        code: String,
    },
    /// Several layouts that are to be taken where none is named.
    #[error("several layouts of this statement are marked as default: {}; name one, or unmark all but one", .0.join(", "))]
    LayoutUnclear(Vec<String>),
    /// A layout that contradicts itself.
    #[error("the layout {code} cannot be used: {fault}")]
    LayoutUnusable {
        /// Its code.
        code: String,
        /// What is wrong with it, and where.
        fault: String,
    },
    /// A day beyond the calendar.
    #[error("the day is beyond the calendar")]
    DayUnknown,
    /// A file that could not be written.
    #[error("the file could not be written: {0}")]
    File(String),
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
            Self::DaysReversed { .. } => "statements.days_reversed",
            Self::Columns(_) => "statements.invalid_columns",
            Self::LayoutNotFound { .. } => "statements.layout_not_found",
            Self::LayoutUnclear(_) => "statements.layout_unclear",
            Self::LayoutUnusable { .. } => "statements.layout_unusable",
            Self::DayUnknown => "statements.day_unknown",
            Self::File(_) => "statements.file_not_written",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::LayoutNotFound { .. } => ProblemKind::NotFound,
            Self::DaysReversed { .. }
            | Self::Columns(_)
            | Self::LayoutUnclear(_)
            | Self::LayoutUnusable { .. }
            | Self::DayUnknown => ProblemKind::Invalid,
            Self::File(_) => ProblemKind::Internal,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &'static str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::DaysReversed { .. } => one("?to", "before_from"),
            Self::Columns(_) => one("?compare", "invalid_columns"),
            Self::LayoutNotFound { .. } => one("?layout", "unknown_layout"),
            Self::LayoutUnclear(_) | Self::LayoutUnusable { .. } => one("?layout", "unusable_layout"),
            Self::Ledger(problem) => problem.fields.clone(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
