//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use athyper_kernel_types::PageError;

/// Why something was not done with a view.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such view of the entity that the caller sees.
    #[error("there is no such view")]
    ViewNotFound,
    /// The view is somebody else's.
    #[error("the view is somebody else's: make one of your own")]
    NotOwner,
    /// The body names an entity that there is not.
    #[error("there is no such entity")]
    UnknownEntity,
    /// The entity is no longer what the view was made for.
    #[error("the view {name:?} no longer fits the entity: change it, the errors name what is wrong")]
    ViewBroken {
        /// What the view is called.
        name: String,
        /// What is wrong with it.
        faults: Vec<FieldError>,
    },
    /// A name that is none, or settings that the entity does not take.
    #[error("the view does not have the form that its entity takes")]
    Form(Vec<FieldError>),
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
            Self::ViewNotFound => "views.view_not_found",
            Self::NotOwner => "views.not_owner",
            Self::UnknownEntity => "views.unknown_entity",
            Self::ViewBroken { .. } => "views.view_broken",
            Self::Form(_) => "views.invalid_view",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::ViewNotFound => ProblemKind::NotFound,
            Self::NotOwner => ProblemKind::Forbidden,
            Self::UnknownEntity | Self::Form(_) => ProblemKind::Invalid,
            Self::ViewBroken { .. } => ProblemKind::Conflict,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::ViewBroken { faults, .. } | Self::Form(faults) => faults.clone(),
            Self::UnknownEntity => {
                vec![FieldError::new("/entity", "unknown_entity", "there is no such entity")]
            }
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            Self::ViewNotFound | Self::NotOwner => Vec::new(),
        }
    }
}
