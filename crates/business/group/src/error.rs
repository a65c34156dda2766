//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Fields that cannot be taken.
    #[error("{} of the fields cannot be taken: the errors name them", .0.len())]
    Invalid(Vec<FieldError>),
    /// No such relation.
    #[error("there is no such relation")]
    RelationNotFound,
    /// The pair, or an account, is taken.
    #[error("{0}")]
    RelationTaken(Blamed),
    /// It ended already.
    #[error("the relation ends on {0} already")]
    RelationEnded(NaiveDate),
    /// No relation between two legal entities on a day.
    #[error("{from} and {to} have no relation on {date}: enter one at /v1/group/relations")]
    NoRelation {
        /// One of them.
        from: String,
        /// The other.
        to: String,
        /// The day.
        date: NaiveDate,
    },
    /// No such entry.
    #[error("there is no such entry")]
    EntryNotFound,
    /// The id has another content.
    #[error("an entry with this id is there with other content: send a new id")]
    EntryDiffers,
    /// It is reversed already.
    #[error("the entry is reversed already")]
    EntryReversed,
    /// Nothing is owed both ways.
    #[error("there is nothing to net: no items of both directions are open alike in the books of both")]
    NothingToNet,
    /// The proposal is another by now.
    #[error("what is left would be {0} by now: propose again")]
    NettingChanged(Decimal),
    /// No such netting.
    #[error("there is no such netting")]
    NettingNotFound,
    /// It is undone already.
    #[error("the netting is undone already")]
    NettingUndone,
    /// No such group.
    #[error("there is no such group")]
    GroupNotFound,
    /// No such group, where one is named.
    #[error("there is no group with this id: take one of /v1/group/groups")]
    GroupUnknown,
    /// The code is taken.
    #[error("there is a group {0} already")]
    GroupTaken(String),
    /// No such consolidation.
    #[error("there is no such consolidation")]
    RunNotFound,
    /// It is final.
    #[error("the consolidation is final")]
    RunFinal,
    /// The books of a member say something else by now.
    #[error("the books have changed since: {0} is another by now. Consolidate again")]
    BooksChanged(String),
    /// What the ledger refused.
    #[error("{}", .0.detail)]
    Ledger(Problem),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A field error that says what the problem as a whole says.
#[derive(Debug)]
pub(crate) struct Blamed(pub(crate) FieldError);

impl std::fmt::Display for Blamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error {
    /// One field that cannot be taken.
    pub(crate) fn field(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Ledger(problem)
    }
}

/// The problem of a refusal in this domain's words, or the ledger's own.
pub(crate) fn problem(error: Error) -> Problem {
    match error {
        Error::Ledger(problem) => problem,
        own => own.into(),
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "group.invalid",
            Self::RelationNotFound => "group.relation_not_found",
            Self::RelationTaken(_) => "group.relation_taken",
            Self::RelationEnded(_) => "group.relation_ended",
            Self::NoRelation { .. } => "group.no_relation",
            Self::EntryNotFound => "group.entry_not_found",
            Self::EntryDiffers => "group.entry_differs",
            Self::EntryReversed => "group.entry_reversed",
            Self::NothingToNet => "group.nothing_to_net",
            Self::NettingChanged(_) => "group.netting_changed",
            Self::NettingNotFound => "group.netting_not_found",
            Self::NettingUndone => "group.netting_undone",
            Self::GroupNotFound => "group.group_not_found",
            Self::GroupUnknown => "group.group_unknown",
            Self::GroupTaken(_) => "group.group_taken",
            Self::RunNotFound => "group.run_not_found",
            Self::RunFinal => "group.run_final",
            Self::BooksChanged(_) => "group.books_changed",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Invalid(_) | Self::NoRelation { .. } | Self::GroupUnknown => ProblemKind::Invalid,
            Self::RelationNotFound
            | Self::EntryNotFound
            | Self::NettingNotFound
            | Self::GroupNotFound
            | Self::RunNotFound => ProblemKind::NotFound,
            Self::RelationTaken(_)
            | Self::RelationEnded(_)
            | Self::EntryDiffers
            | Self::EntryReversed
            | Self::NothingToNet
            | Self::NettingChanged(_)
            | Self::NettingUndone
            | Self::GroupTaken(_)
            | Self::RunFinal
            | Self::BooksChanged(_) => ProblemKind::Conflict,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::RelationTaken(field) => vec![field.0.clone()],
            Self::NoRelation { .. } => vec![FieldError::new("/to/entity", "no_relation", self.to_string())],
            Self::NettingChanged(_) => vec![FieldError::new("/rest", "changed", self.to_string())],
            Self::GroupUnknown => vec![FieldError::new("/group", "unknown", self.to_string())],
            Self::GroupTaken(_) => vec![FieldError::new("/code", "taken", self.to_string())],
            Self::EntryDiffers => vec![FieldError::new("/id", "taken", self.to_string())],
            Self::Ledger(problem) => problem.fields.clone(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
