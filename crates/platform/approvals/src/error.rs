//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// None in this tenant, or none that the caller may see.
    #[error("there is no such approval request")]
    NotFound,
    /// It was decided, withdrawn or used, or has run out.
    #[error("the request does not wait for a decision any more")]
    NotPending,
    /// Nothing is left to be withdrawn.
    #[error("the request is not pending and not approved any more")]
    NotAlive,
    /// Nobody agrees to what they ask for themselves.
    #[error("somebody else than the one who asks has to decide")]
    OwnRequest,
    /// Only holders of the role decide.
    #[error("holders of the role {0} decide about this request")]
    NotDecider(String),
    /// A key is in somebody's hand of whom nothing is known.
    #[error("people decide about approvals, not services")]
    Service,
    /// Only the one who asks takes it back.
    #[error("only the one who asked can withdraw the request")]
    NotRequester,
    /// Too much of one caller waits.
    #[error("{0} of your requests wait for approval: withdraw some, or have them decided")]
    TooManyPending(u32),
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
            Self::NotFound => "approvals.request_not_found",
            Self::NotPending => "approvals.not_pending",
            Self::NotAlive => "approvals.not_alive",
            Self::OwnRequest => "approvals.own_request",
            Self::NotDecider(_) => "approvals.not_decider",
            Self::Service => "approvals.service",
            Self::NotRequester => "approvals.not_requester",
            Self::TooManyPending(_) => "approvals.too_many_pending",
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound => ProblemKind::NotFound,
            Self::NotPending | Self::NotAlive => ProblemKind::Conflict,
            Self::OwnRequest
            | Self::NotDecider(_)
            | Self::Service
            | Self::NotRequester
            | Self::TooManyPending(_) => ProblemKind::Forbidden,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
