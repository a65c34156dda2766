//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use athyper_kernel_types::PageError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The entity has no rule of this key.
    #[error("the entity has no rule of this key that finds duplicates")]
    UnknownRule,
    /// No such dismissal of the entity.
    #[error("nobody has said so of a pair of this id")]
    DismissalNotFound,
    /// The body names what cannot be.
    #[error("the request cannot be done: the errors name what is wrong")]
    Invalid(Vec<FieldError>),
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
            Self::UnknownRule => "duplicates.unknown_rule",
            Self::DismissalNotFound => "duplicates.dismissal_not_found",
            Self::Invalid(_) => "duplicates.invalid_request",
            Self::Records(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::UnknownRule => ProblemKind::Malformed,
            Self::DismissalNotFound => ProblemKind::NotFound,
            Self::Invalid(_) => ProblemKind::Invalid,
            Self::Records(error) => error.kind(),
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::UnknownRule => vec![FieldError::new("?rule", "unknown_rule", self.to_string())],
            Self::Invalid(fields) => fields.clone(),
            Self::Records(error) => error.fields(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            Self::DismissalNotFound => Vec::new(),
        }
    }
}
