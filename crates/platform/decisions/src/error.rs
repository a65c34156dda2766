//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_decision::EvaluateError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use athyper_kernel_types::PageError;

use crate::model::record::MAX_MODELS;

/// Why something was not done with a model, or why there is no decision.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such model in this tenant.
    #[error("there is no such model")]
    NotFound,
    /// No such version of the model.
    #[error("the model has no such version")]
    VersionNotFound,
    /// An input that cannot even be kept.
    #[error("the input cannot be taken: the errors name what is wrong")]
    Unkeepable(Vec<FieldError>),
    /// The definition has faults.
    #[error("the definition has faults: the errors name what is wrong")]
    Faulty(Vec<FieldError>),
    /// Test cases fail.
    #[error("tests fail: the errors name the cases")]
    TestsFailed(Vec<FieldError>),
    /// A DMN document that cannot be taken.
    #[error("the document cannot be taken: the errors name the elements")]
    Unreadable(Vec<FieldError>),
    /// A definition that DMN cannot hold.
    #[error("the definition cannot be written as DMN")]
    Unwritable(FieldError),
    /// Another model has the key.
    #[error("there is another model of this key")]
    KeyTaken,
    /// The tenant has as many models as it can have.
    #[error("a tenant has at most {MAX_MODELS} models: delete drafts that are not needed")]
    TooMany,
    /// It was published and cannot be deleted.
    #[error("the model was published: archive it instead")]
    Published,
    /// It was never published.
    #[error("the model was never published")]
    NotPublished,
    /// It is archived.
    #[error("the model is archived: take it out of the archive first")]
    Archived,
    /// It is not archived.
    #[error("the model is not archived")]
    NotArchived,
    /// Nothing would change.
    #[error("what was published last is the same already")]
    NothingToPublish,
    /// What is given for an evaluation cannot be read.
    #[error("the inputs cannot be read: the errors name what is wrong")]
    Inputs(Vec<FieldError>),
    /// There is no decision for these inputs.
    #[error(transparent)]
    Undecided(EvaluateError),
    /// A batch that takes too long.
    #[error("the rows before this one took all the time that a batch has: send fewer at once")]
    TooLong,
    /// A published version that this release does not read any more.
    #[error("this version cannot be evaluated by this release")]
    Broken,
    /// Work that ended without a result.
    #[error("the work was interrupted")]
    Interrupted,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "decisions.model_not_found",
            Self::VersionNotFound => "decisions.version_not_found",
            Self::Unkeepable(_) => "decisions.unkeepable",
            Self::Faulty(_) => "decisions.faulty_definition",
            Self::TestsFailed(_) => "decisions.tests_failed",
            Self::Unreadable(_) => "decisions.unreadable_dmn",
            Self::Unwritable(_) => "decisions.unwritable_dmn",
            Self::KeyTaken => "decisions.key_taken",
            Self::TooMany => "decisions.too_many_models",
            Self::Published => "decisions.published",
            Self::NotPublished => "decisions.not_published",
            Self::Archived => "decisions.archived",
            Self::NotArchived => "decisions.not_archived",
            Self::NothingToPublish => "decisions.nothing_to_publish",
            Self::Inputs(_) => "decisions.invalid_inputs",
            Self::Undecided(EvaluateError::UnknownDecision(_)) => "decisions.unknown_decision",
            Self::Undecided(EvaluateError::NotAllowed { .. }) => "decisions.value_not_allowed",
            Self::Undecided(EvaluateError::Several { .. }) => "decisions.several_rules",
            Self::Undecided(EvaluateError::Different { .. }) => "decisions.different_rules",
            Self::Undecided(_) => "decisions.undecided",
            Self::TooLong => "decisions.too_long",
            Self::Broken => "decisions.broken_version",
            Self::Interrupted => "decisions.interrupted",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound | Self::VersionNotFound => ProblemKind::NotFound,
            Self::Unkeepable(_)
            | Self::Faulty(_)
            | Self::TestsFailed(_)
            | Self::Unreadable(_)
            | Self::Unwritable(_)
            | Self::Inputs(_)
            | Self::TooLong
            | Self::Undecided(_) => ProblemKind::Invalid,
            Self::KeyTaken
            | Self::TooMany
            | Self::Published
            | Self::NotPublished
            | Self::Archived
            | Self::NotArchived
            | Self::NothingToPublish
            | Self::Broken => ProblemKind::Conflict,
            Self::Interrupted => ProblemKind::Internal,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Unkeepable(fields)
            | Self::Faulty(fields)
            | Self::TestsFailed(fields)
            | Self::Unreadable(fields)
            | Self::Inputs(fields) => fields.clone(),
            Self::Unwritable(field) => vec![field.clone()],
            Self::KeyTaken => vec![FieldError::new("/key", "taken", self.to_string())],
            Self::Undecided(EvaluateError::UnknownDecision(_)) => {
                vec![FieldError::new("/decision", "unknown", self.to_string())]
            }
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
