//! What can go wrong between us and the database, in the words of a problem.

use athyper_kernel_error::{DomainError, ProblemKind};

/// An error of the database, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database does not answer, or has no connection free in time. Trying again later makes sense.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The statement took longer than it may.
    #[error("the statement took longer than it may: {0}")]
    TimedOut(#[source] sqlx::Error),
    /// Somebody else changed the same rows at the same time; the transaction can be tried again as a whole.
    #[error("the transaction met another one: {0}")]
    Contended(#[source] sqlx::Error),
    /// A named rule of the table refuses the row.
    #[error("the row breaks the rule {name}")]
    Constraint {
        /// Name of the constraint or unique index.
        name: String,
        /// The database's own error.
        #[source]
        source: sqlx::Error,
    },
    /// Anything else: a defect on our side.
    #[error("the statement failed: {0}")]
    Failed(#[source] sqlx::Error),
    /// A stored value does not have the form that the program expects.
    #[error("a stored value is not what it should be: {0}")]
    Corrupt(String),
}

impl DbError {
    /// Name of the constraint that refused the row, if that is what happened.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether the whole transaction may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_) | Self::TimedOut(_))
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_)
                | sqlx::Error::BeginFailed => Self::Unavailable(error),
                _ => Self::Failed(error),
            };
        };
        if let Some(name) = database.constraint() {
            return Self::Constraint { name: name.to_owned(), source: error };
        }
        // Classes of SQLSTATE: PostgreSQL manual, appendix A.
        match database.code().as_deref() {
            Some("57P01" | "57P02" | "57P03" | "57P04" | "53300" | "53400") => Self::Unavailable(error),
            Some(code) if code.starts_with("08") => Self::Unavailable(error),
            Some("57014" | "25P03") => Self::TimedOut(error),
            Some("40001" | "40P01" | "55P03") => Self::Contended(error),
            _ => Self::Failed(error),
        }
    }
}

impl DomainError for DbError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "platform.database_unavailable",
            Self::TimedOut(_) => "platform.database_timed_out",
            Self::Contended(_) => "platform.contended",
            Self::Constraint { .. } => "platform.constraint",
            Self::Failed(_) | Self::Corrupt(_) => "platform.internal",
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Unavailable(_) => ProblemKind::Unavailable,
            Self::TimedOut(_) => ProblemKind::TimedOut,
            Self::Contended(_) => ProblemKind::Conflict,
            // A command names the rules it expects; one that nobody named is a defect.
            Self::Constraint { .. } | Self::Failed(_) | Self::Corrupt(_) => ProblemKind::Internal,
        }
    }
}
