//! What the records service refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_types::PageError;

use crate::duplicates::Refused;
use crate::entity::RecordId;

/// Why something was not done with a record or an entity.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such entity in this tenant.
    #[error("there is no such entity")]
    EntityNotFound,
    /// The definition changes at this moment.
    #[error("the definition of the entity changes at this moment: try again")]
    EntityChanging,
    /// No such record of the entity.
    #[error("there is no such record")]
    RecordNotFound,
    /// The record is deleted.
    #[error("the record is deleted: restore it first")]
    RecordDeleted,
    /// The record is not deleted.
    #[error("the record is not deleted")]
    RecordNotDeleted,
    /// There is one record of the entity already.
    #[error("there is one record of this entity only, and it is there already")]
    SingleTaken,
    /// Fields that there are not, and values that their types do not take.
    #[error("the values do not have the form that the entity's fields take")]
    Form(Vec<FieldError>),
    /// Values that break a rule of the definition.
    #[error("some values break a rule of the entity")]
    Invalid(Vec<FieldError>),
    /// Values that come once and are taken.
    #[error("another record has this value")]
    Taken(FieldError),
    /// Records that hold at the same time.
    #[error("another record holds for some of these days")]
    Overlaps(FieldError),
    /// The state does not let its fields be changed.
    #[error("the record is {state}: its fields cannot be changed now")]
    Locked {
        /// The state.
        state: String,
    },
    /// No such way from the present state.
    #[error("the record is {state} and cannot {transition}: {}", ways(.possible))]
    NoTransition {
        /// The state.
        state: String,
        /// The way wanted.
        transition: String,
        /// The ways that there are.
        possible: Vec<String>,
    },
    /// It agrees with another record by a rule that refuses duplicates.
    #[error("the record is a duplicate of another one: {}", .0.label())]
    Duplicate(Box<Refused>),
    /// It was merged into another one.
    #[error("the record was merged into {0}: use that one")]
    Merged(RecordId),
    /// A record of a domain refers to one that would be merged, and only the domain's operations can change that.
    #[error(
        "{id} of {entity} refers to one of these records, and only operations of its domain can change that"
    )]
    HeldByDomain {
        /// Its entity.
        entity: String,
        /// The record.
        id: RecordId,
    },
    /// Too many records refer to those that would be merged.
    #[error("more than {most} records refer to those that would be merged: move some of them first")]
    TooManyReferences {
        /// As many can be moved.
        most: usize,
    },
    /// A record that refers to one that would be merged cannot refer to the other.
    #[error("record {id} of {entity} cannot refer to the record that stays: {error}")]
    ReferenceRefused {
        /// Its entity.
        entity: String,
        /// The record.
        id: RecordId,
        /// Why.
        error: Box<Error>,
    },
    /// The record that stays would be below itself.
    #[error("the record that stays lies below one that would be merged into it: move it first")]
    Circular,
    /// Another record needs this one.
    #[error("records of {entity} refer to this one: change or delete them first")]
    Referenced {
        /// Their entity.
        entity: String,
    },
    /// The caller has not the permission that a domain asks for its records.
    #[error("none of your roles allows {0}")]
    Forbidden(&'static str),
    /// The policies or the caller's roles do not allow this operation on the record.
    #[error("neither your roles nor a policy let you do {0} here")]
    Refused(Box<str>),
    /// The policies allow the operation where something is done that was not.
    #[error("{}", .0.detail)]
    Obliged(Box<Problem>),
    /// Fields that are hidden from the caller or masked, and would be set, or records be chosen by them.
    #[error("some fields are hidden from you or masked, so that they cannot be used here")]
    Closed(Vec<FieldError>),
    /// The commands of its domain write its records.
    #[error(
        "records of {entity} are written by the operations of its domain, and only fields that were added are changed here"
    )]
    WrittenByCommands {
        /// The entity.
        entity: String,
    },
    /// The definition cannot be used.
    #[error("the definition cannot be used: the errors name what is wrong")]
    Definition(Vec<FieldError>),
    /// Another entity has the key.
    #[error("there is another entity of this key")]
    KeyTaken,
    /// A query parameter that cannot be used.
    #[error("{}", .0.message)]
    Query(FieldError),
    /// A version that the record never had.
    #[error("the record has no such version")]
    NoVersion,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

fn ways(ways: &[String]) -> String {
    if ways.is_empty() {
        "no way leads on from there".to_owned()
    } else {
        format!("it can {}", ways.join(", "))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::EntityNotFound => "records.entity_not_found",
            Self::EntityChanging => "records.entity_changing",
            Self::RecordNotFound => "records.record_not_found",
            Self::RecordDeleted => "records.record_deleted",
            Self::RecordNotDeleted => "records.record_not_deleted",
            Self::SingleTaken => "records.single_taken",
            Self::Form(_) => "request.invalid_body",
            Self::Invalid(_) => "records.invalid_record",
            Self::Taken(_) => "records.value_taken",
            Self::Overlaps(_) => "records.overlap",
            Self::Locked { .. } => "records.locked",
            Self::NoTransition { .. } => "records.no_transition",
            Self::Duplicate(_) => "records.duplicate",
            Self::Merged(_) => "records.merged",
            Self::HeldByDomain { .. } => "records.held_by_domain",
            Self::TooManyReferences { .. } => "records.too_many_references",
            Self::ReferenceRefused { .. } => "records.reference_refused",
            Self::Circular => "records.circular",
            Self::Referenced { .. } => "records.referenced",
            Self::Forbidden(_) | Self::Refused(_) => "request.forbidden",
            Self::Obliged(problem) => problem.code,
            Self::Closed(_) => "records.closed_field",
            Self::WrittenByCommands { .. } => "records.written_by_commands",
            Self::Definition(_) => "records.invalid_definition",
            Self::KeyTaken => "records.key_taken",
            Self::Query(_) => "request.invalid_query",
            Self::NoVersion => "records.no_version",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::EntityNotFound | Self::RecordNotFound | Self::NoVersion => ProblemKind::NotFound,
            Self::ReferenceRefused { error, .. } if error.kind().is_fault() => error.kind(),
            Self::EntityChanging
            | Self::RecordDeleted
            | Self::RecordNotDeleted
            | Self::SingleTaken
            | Self::Taken(_)
            | Self::Overlaps(_)
            | Self::Locked { .. }
            | Self::NoTransition { .. }
            | Self::Duplicate(_)
            | Self::Merged(_)
            | Self::HeldByDomain { .. }
            | Self::TooManyReferences { .. }
            | Self::Circular
            | Self::ReferenceRefused { .. }
            | Self::Referenced { .. }
            | Self::WrittenByCommands { .. }
            | Self::KeyTaken => ProblemKind::Conflict,
            Self::Form(_) | Self::Invalid(_) | Self::Definition(_) => ProblemKind::Invalid,
            Self::Forbidden(_) | Self::Refused(_) | Self::Closed(_) => ProblemKind::Forbidden,
            Self::Obliged(problem) => problem.kind,
            Self::Query(_) => ProblemKind::Malformed,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Form(fields) | Self::Invalid(fields) | Self::Definition(fields) | Self::Closed(fields) => {
                fields.clone()
            }
            Self::Taken(field) | Self::Overlaps(field) | Self::Query(field) => vec![field.clone()],
            Self::Duplicate(refused) => refused.fields(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
