//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};

/// Why something was not done with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such file in this tenant.
    #[error("there is no such file")]
    AttachmentNotFound,
    /// As the records service refuses it.
    #[error(transparent)]
    Records(#[from] athyper_kernel_records::Error),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::AttachmentNotFound => "attachments.attachment_not_found",
            Self::Records(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::AttachmentNotFound => ProblemKind::NotFound,
            Self::Records(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Records(error) => error.fields(),
            Self::Database(error) => error.fields(),
            Self::AttachmentNotFound => Vec::new(),
        }
    }
}
