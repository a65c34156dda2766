//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A principal.
    Principal,
    /// A role.
    Role,
    /// A rule of separation.
    Rule,
    /// An exception of such a rule.
    Exception,
    /// An access review.
    Review,
    /// A binding in a review.
    ReviewItem,
}

impl Thing {
    fn noun(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Role => "role",
            Self::Rule => "rule of separation",
            Self::Exception => "exception of this rule",
            Self::Review => "access review",
            Self::ReviewItem => "binding in this review",
        }
    }
}

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such record in this tenant.
    #[error("there is no such {}", .0.noun())]
    NotFound(Thing),
    /// The body names a record that is not there.
    #[error("there is no such {}", what.noun())]
    UnknownReference {
        /// JSON pointer to it.
        pointer: &'static str,
        /// What it should be.
        what: Thing,
    },
    /// Another rule has this name already.
    #[error("another rule has this name already")]
    NameTaken,
    /// Nobody declared the permission.
    #[error("there is no permission {name}")]
    UnknownPermission {
        /// JSON pointer to it.
        pointer: &'static str,
        /// Its name.
        name: String,
    },
    /// Both duties are one.
    #[error("a duty cannot be kept apart from itself")]
    SameDuty,
    /// A rule would take from its maker what it is taken back by.
    #[error(
        "this would take your own right to delete the rule, which your token gives: have it by a binding first"
    )]
    ShutsOut,
    /// A time that has to lie ahead does not.
    #[error("this time has to lie ahead, by at most {most_days} days")]
    WrongTime {
        /// JSON pointer to it.
        pointer: &'static str,
        /// Furthest day that is taken.
        most_days: i64,
    },
    /// Nobody lets themselves off.
    #[error("nobody decides about what is their own: ask somebody else")]
    OwnCase,
    /// The review is closed.
    #[error("the review is closed")]
    ReviewClosed,
    /// Only the reviewer decides.
    #[error("only the reviewer decides")]
    NotReviewer,
    /// There is nothing to review.
    #[error("no binding is in this review: nothing would be decided")]
    NothingToReview,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(DbError),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        if error.constraint() == Some("separation_rule_name") {
            Self::NameTaken
        } else {
            Self::Database(error)
        }
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "governance.not_found",
            Self::UnknownReference { .. } => "governance.unknown_reference",
            Self::NameTaken => "governance.taken",
            Self::UnknownPermission { .. } => "governance.unknown_permission",
            Self::SameDuty => "governance.same_duty",
            Self::ShutsOut => "governance.shuts_out",
            Self::WrongTime { .. } => "governance.wrong_time",
            Self::OwnCase => "governance.own_case",
            Self::ReviewClosed => "governance.review_closed",
            Self::NotReviewer => "governance.not_reviewer",
            Self::NothingToReview => "governance.nothing_to_review",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::NameTaken | Self::ShutsOut | Self::ReviewClosed => ProblemKind::Conflict,
            Self::OwnCase | Self::NotReviewer => ProblemKind::Forbidden,
            Self::UnknownReference { .. }
            | Self::UnknownPermission { .. }
            | Self::SameDuty
            | Self::WrongTime { .. }
            | Self::NothingToReview => ProblemKind::Invalid,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::UnknownReference { pointer, .. } | Self::UnknownPermission { pointer, .. } => {
                one(pointer, "unknown")
            }
            Self::NameTaken => one("/name", "taken"),
            Self::SameDuty => one("/right", "same"),
            Self::WrongTime { pointer, .. } => one(pointer, "invalid"),
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
            refusal => Problem::from(refusal).into(),
        }
    }
}
