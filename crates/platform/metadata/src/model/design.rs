//! An entity as its tenant designs it.

use athyper_kernel_error::FieldError;
use athyper_kernel_records::EntityId;
use athyper_kernel_types::OperationId;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::slots::Slots;

/// Most entities that a tenant designs.
pub(crate) const MAX_DESIGNS: i64 = 5_000;

/// Where a design stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = metadata::DesignState)]
pub(crate) enum DesignState {
    /// It was never in force.
    Draft,
    /// A version of it is in force.
    Published,
    /// It was taken out of force.
    Archived,
}

/// A design.
#[derive(Clone, Debug)]
pub(crate) struct Design {
    /// Its id, that of the entity too.
    pub(crate) id: EntityId,
    /// The key of the document, as far as it is one.
    pub(crate) key: String,
    /// The document, with its faults.
    pub(crate) definition: Value,
    /// Slots of the document's fields.
    pub(crate) slots: Slots,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// The version in force, or the last one that was.
    pub(crate) published_version: Option<i64>,
    /// When it was taken out of force.
    pub(crate) archived_at: Option<DateTime<Utc>>,
    /// The operation that publishes it, the last one.
    pub(crate) operation: Option<OperationId>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last (UTC).
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub(crate) updated_by: String,
}

impl Design {
    /// Where it stands.
    pub(crate) fn state(&self) -> DesignState {
        match (self.published_version, self.archived_at) {
            (None, _) => DesignState::Draft,
            (_, Some(_)) => DesignState::Archived,
            _ => DesignState::Published,
        }
    }
}

/// Something that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = metadata::Fault)]
pub(crate) struct Fault {
    /// Where (JSON pointer into the definition).
    pointer: String,
    /// Stable code of the rule.
    code: String,
    /// What is wrong, and how to mend it.
    message: String,
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self { pointer: error.pointer, code: error.code, message: error.message }
    }
}

/// A design as a list shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::DesignSummary)]
pub(crate) struct DesignSummary {
    /// Its id, that of the entity too.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: EntityId,
    /// The key of the document, as far as it is one.
    pub(crate) key: String,
    /// Where it stands.
    pub(crate) state: DesignState,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// The version in force, or the last one that was.
    pub(crate) published_version: Option<i64>,
    /// The last operation that published it, where that was one.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) operation: Option<OperationId>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last (UTC).
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub(crate) updated_by: String,
}

/// A design with its document.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = metadata::Design)]
pub(crate) struct DesignBody {
    #[serde(flatten)]
    summary: DesignSummary,
    /// The definition, which may have faults.
    #[schema(value_type = Object)]
    definition: Value,
    /// All that is wrong with it.
    faults: Vec<Fault>,
}

impl From<&Design> for DesignSummary {
    fn from(design: &Design) -> Self {
        Self {
            id: design.id,
            key: design.key.clone(),
            state: design.state(),
            version: design.version,
            published_version: design.published_version,
            operation: design.operation,
            created_at: design.created_at,
            updated_at: design.updated_at,
            updated_by: design.updated_by.clone(),
        }
    }
}

impl DesignBody {
    /// A design and what is wrong with it.
    pub(crate) fn new(design: &Design, faults: Vec<FieldError>) -> Self {
        Self {
            summary: design.into(),
            definition: design.definition.clone(),
            faults: faults.into_iter().map(Fault::from).collect(),
        }
    }
}
