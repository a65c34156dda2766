//! What import and export refuse, in their own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such import in this tenant.
    #[error("there is no such import")]
    ImportNotFound,
    /// Parameters that cannot be used.
    #[error("a query parameter is wrong")]
    Query(Vec<FieldError>),
    /// The file is not what the parameters say.
    #[error("the file is {sent}, and format says {said}")]
    WrongForm {
        /// Its media type.
        sent: &'static str,
        /// What was said.
        said: &'static str,
    },
    /// The columns of the file cannot be used.
    #[error("the columns of the file cannot be used: the errors name what is wrong")]
    Header(Vec<FieldError>),
    /// The records service.
    #[error(transparent)]
    Records(#[from] athyper_kernel_records::Error),
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
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
            Self::ImportNotFound => "transfer.import_not_found",
            Self::Query(_) => "transfer.invalid_parameters",
            Self::WrongForm { .. } => "transfer.wrong_form",
            Self::Header(_) => "transfer.invalid_columns",
            Self::Records(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::ImportNotFound => ProblemKind::NotFound,
            Self::Query(_) => ProblemKind::Malformed,
            Self::WrongForm { .. } => ProblemKind::UnsupportedMediaType,
            Self::Header(_) => ProblemKind::Invalid,
            Self::Records(error) => error.kind(),
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Query(fields) | Self::Header(fields) => fields.clone(),
            Self::Records(error) => error.fields(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

/// In a job, a refusal ends the job for good; what cannot be done now is tried again.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            Error::Records(error @ athyper_kernel_records::Error::EntityChanging) => Self::retry(error),
            refusal => Problem::from(refusal).into(),
        }
    }
}
