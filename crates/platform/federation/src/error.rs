//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;
use athyper_kernel_vault::VaultError;

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A provider.
    Provider,
    /// A mapping.
    Mapping,
    /// A mail domain.
    Domain,
}

impl Thing {
    /// The word for it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Provider => "identity provider",
            Self::Mapping => "mapping",
            Self::Domain => "mail domain",
        }
    }
}

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such record in this tenant.
    #[error("there is no such {}", .0.noun())]
    NotFound(Thing),
    /// The body names a provider that is not there.
    #[error("there is no such identity provider")]
    UnknownProvider,
    /// Fields that cannot be taken.
    #[error("some fields cannot be taken")]
    Invalid(Vec<FieldError>),
    /// Another record has this key, name or value already.
    #[error("another record has this already")]
    Taken {
        /// JSON pointer to it.
        pointer: &'static str,
    },
    /// The tenant has as many as it may have.
    #[error("there are {most} already, which is as many as there may be")]
    TooMany {
        /// Most of them.
        most: i64,
    },
    /// The provider is enabled or disabled already.
    #[error("the identity provider is that already")]
    StatusAlready,
    /// Domains lead to the provider.
    #[error("mail domains lead to this identity provider: change them first")]
    ProviderInUse,
    /// The domain is verified already.
    #[error("the mail domain is verified already")]
    VerifiedAlready,
    /// Another tenant of the realm has proved that the domain is its own.
    #[error("another organization has proved that this mail domain is its own")]
    DomainOfOthers,
    /// The proof is not there.
    #[error("{0}")]
    NoProof(String),
    /// No random bytes can be had.
    #[error("the machine has no random bytes")]
    NoRandomness,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Another domain that was asked.
    #[error("{}", .0.detail)]
    Asked(Problem),
    /// The database.
    #[error(transparent)]
    Database(DbError),
}

/// Rules of the tables that a request can break: name and pointer.
const TAKEN: &[(&str, &str)] =
    &[("provider_key", "/key"), ("mapping_once", "/target"), ("domain_name", "/name")];

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        let known = error.constraint().and_then(|name| TAKEN.iter().find(|(known, _)| *known == name));
        match (known, error.constraint()) {
            (Some((_, pointer)), _) => Self::Taken { pointer },
            (None, Some("domain_provider")) => Self::ProviderInUse,
            _ => Self::Database(error),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Asked(problem)
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "federation.not_found",
            Self::UnknownProvider => "federation.unknown_provider",
            Self::Invalid(_) => "federation.invalid",
            Self::Taken { .. } => "federation.taken",
            Self::TooMany { .. } => "federation.too_many",
            Self::StatusAlready => "federation.status_already",
            Self::ProviderInUse => "federation.provider_in_use",
            Self::VerifiedAlready => "federation.verified_already",
            Self::DomainOfOthers => "federation.domain_of_others",
            Self::NoProof(_) => "federation.no_proof",
            Self::NoRandomness => "federation.no_randomness",
            Self::Page(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Asked(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::UnknownProvider | Self::Invalid(_) => ProblemKind::Invalid,
            Self::Taken { .. }
            | Self::TooMany { .. }
            | Self::StatusAlready
            | Self::ProviderInUse
            | Self::VerifiedAlready
            | Self::DomainOfOthers => ProblemKind::Conflict,
            Self::NoProof(_) | Self::NoRandomness => ProblemKind::Unavailable,
            Self::Page(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Asked(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::UnknownProvider => one("/provider", "unknown"),
            Self::Invalid(fields) => fields.clone(),
            Self::Taken { pointer } => one(pointer, "taken"),
            Self::Page(error) => error.fields(),
            Self::Asked(problem) => problem.fields.clone(),
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
            refusal => Problem::from(refusal).into(),
        }
    }
}
