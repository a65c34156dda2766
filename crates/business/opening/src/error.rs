//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;
use chrono::NaiveDate;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An uploaded file with wrong columns or rows.
    #[error("the file cannot be taken: {} and nothing of it was kept", count(.0))]
    InvalidFile(Vec<FieldError>),
    /// No such template.
    #[error("there is no such chart template")]
    TemplateNotFound,
    /// A template that cannot be read: the program is faulty.
    #[error("a chart template cannot be read: {0}")]
    TemplateUnreadable(String),
    /// No such opening balances in this tenant.
    #[error("there are no such opening balances")]
    BalancesNotFound,
    /// They are undone once.
    #[error("these opening balances are reversed already")]
    BalancesReversed,
    /// A reversal would be dated before what it reverses.
    #[error("the reversal cannot be dated before the opening balances, which are of {date}")]
    ReversalBeforeBalances {
        /// Their day.
        date: NaiveDate,
    },
    /// Not an amount of the base currency.
    #[error("{message}")]
    OpeningBalance {
        /// What is wrong with it.
        message: String,
    },
    /// What the ledger refused.
    #[error("{}", .0.detail)]
    Ledger(Problem),
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
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
            Self::InvalidFile(_) => "opening.invalid_file",
            Self::TemplateNotFound => "opening.template_not_found",
            Self::TemplateUnreadable(_) => "opening.template_unreadable",
            Self::BalancesNotFound => "opening.balances_not_found",
            Self::BalancesReversed => "opening.balances_reversed",
            Self::ReversalBeforeBalances { .. } => "opening.reversal_before_balances",
            Self::OpeningBalance { .. } => "opening.invalid_opening_balance",
            Self::Ledger(problem) => problem.code,
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::TemplateNotFound | Self::BalancesNotFound => ProblemKind::NotFound,
            Self::BalancesReversed => ProblemKind::Conflict,
            Self::InvalidFile(_) | Self::ReversalBeforeBalances { .. } | Self::OpeningBalance { .. } => {
                ProblemKind::Invalid
            }
            Self::TemplateUnreadable(_) => ProblemKind::Internal,
            Self::Ledger(problem) => problem.kind,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::InvalidFile(fields) => fields.clone(),
            Self::ReversalBeforeBalances { .. } => {
                vec![FieldError::new("/date", "before_balances", self.to_string())]
            }
            Self::OpeningBalance { .. } => {
                vec![FieldError::new("?openingBalance", "invalid_amount", self.to_string())]
            }
            Self::Ledger(problem) => problem.fields.clone(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

/// In a job, a refusal ends the job for good; what the database could not do now is tried again.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            Error::Ledger(problem) => problem.into(),
            refusal => Problem::from(refusal).into(),
        }
    }
}

/// How many errors were found.
fn count(errors: &[FieldError]) -> String {
    match errors.len() {
        1 => "one error was found".to_owned(),
        crate::model::csv_table::MOST_ERRORS => format!("the first {} errors are listed", errors.len()),
        several => format!("{several} errors were found"),
    }
}
