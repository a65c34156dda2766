//! What the studio refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;

use crate::model::design::MAX_DESIGNS;

/// Why something was not done with a design.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such design in this tenant.
    #[error("there is no such entity")]
    NotFound,
    /// No such version of the entity.
    #[error("the entity has no such version")]
    VersionNotFound,
    /// No such template.
    #[error("there is no such template")]
    TemplateNotFound,
    /// A document that cannot even be kept, or an input that does not fit.
    #[error("the input cannot be taken: the errors name what is wrong")]
    Unkeepable(Vec<FieldError>),
    /// The tenant has as many designs as it can have.
    #[error("a tenant has at most {MAX_DESIGNS} entities: delete drafts that are not needed")]
    TooMany,
    /// It was published and cannot be deleted.
    #[error("the entity was published: archive it instead")]
    Published,
    /// It was never published.
    #[error("the entity was never published")]
    NotPublished,
    /// It is archived already.
    #[error("the entity is archived already")]
    Archived,
    /// It changes an entity of a domain.
    #[error("an entity of a domain is not archived: publish a draft that changes nothing of it")]
    OfDomain,
    /// A draft of a domain's entity is there.
    #[error("there is a draft of this domain's entity: change that one")]
    DraftExists,
    /// It is not archived.
    #[error("the entity is not archived")]
    NotArchived,
    /// Others refer to it.
    #[error("entities refer to this one: {}", .0.join(", "))]
    Referenced(Vec<String>),
    /// The definition has faults.
    #[error("the definition cannot be published: the errors name what is wrong")]
    Faulty(Vec<FieldError>),
    /// Another entity has its key.
    #[error("there is another entity of this key")]
    KeyTaken,
    /// Nothing would change.
    #[error("what is in force is the same already")]
    NothingToPublish,
    /// The draft has more changes than the one that is asked for.
    #[error("the draft has other changes, or was never published: publish it as a whole")]
    OtherChanges,
    /// A publication runs.
    #[error("the entity is being published at this moment: follow its operation")]
    UnderWay,
    /// Records are in the way.
    #[error("records are in the way: the errors name the changes, and the plan the records")]
    Blocked(Vec<FieldError>),
    /// It destroys something, and nobody said that this is meant.
    #[error("this publication is destructive: read its plan, and send the token that it gives as confirm")]
    Unconfirmed(Vec<FieldError>),
    /// What is in force has changed meanwhile.
    #[error("the entity was published by somebody else meanwhile: make the plan again")]
    Overtaken,
    /// A job has to count first.
    #[error("there are too many records to count them for a request: make the plan of this draft first")]
    PlanNeeded,
    /// Too many records for one transaction.
    #[error("there are too many records for their times to be changed at once")]
    TooManyRecords,
    /// The records service.
    #[error(transparent)]
    Records(athyper_kernel_records::Error),
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<athyper_kernel_records::Error> for Error {
    fn from(error: athyper_kernel_records::Error) -> Self {
        use athyper_kernel_records::Error as Records;
        match error {
            Records::Definition(faults) => Self::Faulty(faults),
            Records::KeyTaken => Self::KeyTaken,
            Records::EntityNotFound => Self::NotFound,
            Records::Taken(field) | Records::Overlaps(field) => Self::Blocked(vec![field]),
            Records::Database(error) => Self::Database(error),
            other => Self::Records(other),
        }
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "metadata.entity_not_found",
            Self::VersionNotFound => "metadata.version_not_found",
            Self::TemplateNotFound => "metadata.template_not_found",
            Self::Unkeepable(_) => "metadata.unkeepable",
            Self::TooMany => "metadata.too_many_entities",
            Self::Published => "metadata.published",
            Self::NotPublished => "metadata.not_published",
            Self::Archived => "metadata.archived",
            Self::OfDomain => "metadata.of_domain",
            Self::DraftExists => "metadata.draft_exists",
            Self::NotArchived => "metadata.not_archived",
            Self::Referenced(_) => "metadata.referenced",
            Self::Faulty(_) => "metadata.faulty_definition",
            Self::KeyTaken => "metadata.key_taken",
            Self::NothingToPublish => "metadata.nothing_to_publish",
            Self::OtherChanges => "metadata.other_changes",
            Self::UnderWay => "metadata.publication_under_way",
            Self::Blocked(_) => "metadata.blocked_by_records",
            Self::Unconfirmed(_) => "metadata.confirmation_required",
            Self::Overtaken => "metadata.overtaken",
            Self::PlanNeeded => "metadata.plan_needed",
            Self::TooManyRecords => "metadata.too_many_records",
            Self::Records(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound | Self::VersionNotFound | Self::TemplateNotFound => ProblemKind::NotFound,
            Self::Unkeepable(_) | Self::Faulty(_) => ProblemKind::Invalid,
            Self::TooMany
            | Self::Published
            | Self::NotPublished
            | Self::Archived
            | Self::NotArchived
            | Self::OfDomain
            | Self::DraftExists
            | Self::Referenced(_)
            | Self::KeyTaken
            | Self::NothingToPublish
            | Self::OtherChanges
            | Self::UnderWay
            | Self::Blocked(_)
            | Self::Unconfirmed(_)
            | Self::Overtaken
            | Self::PlanNeeded
            | Self::TooManyRecords => ProblemKind::Conflict,
            Self::Records(error) => error.kind(),
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Unkeepable(fields)
            | Self::Faulty(fields)
            | Self::Blocked(fields)
            | Self::Unconfirmed(fields) => fields.clone(),
            Self::KeyTaken => vec![FieldError::new("/key", "taken", self.to_string())],
            Self::Records(error) => error.fields(),
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
