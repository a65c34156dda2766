//! A model as its tenant writes it.

use athyper_kernel_decision::key_fault;
use athyper_kernel_error::FieldError;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::test_case::TestCase;

/// Most models of a tenant.
pub(crate) const MAX_MODELS: i64 = 5_000;
/// Most bytes of a definition, and of its tests.
const MAX_BYTES: usize = 2 << 20;
/// Most test cases of a model.
const MAX_TESTS: usize = 1_000;

/// What ids of models are ids of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelMarker;

/// The id of a model.
pub(crate) type ModelId = Id<ModelMarker>;

/// Where a model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = decisions::ModelState)]
pub(crate) enum ModelState {
    /// It was never published.
    Draft,
    /// A version of it can be evaluated.
    Published,
    /// It can no longer be evaluated.
    Archived,
}

/// A model.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) id: ModelId,
    pub(crate) key: String,
    /// The draft, with its faults.
    pub(crate) definition: Value,
    pub(crate) tests: Vec<TestCase>,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// The version that was published last.
    pub(crate) published_version: Option<i64>,
    pub(crate) archived_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) updated_by: String,
}

impl Model {
    /// Where it stands.
    pub(crate) fn state(&self) -> ModelState {
        match (self.published_version, self.archived_at) {
            (None, _) => ModelState::Draft,
            (_, Some(_)) => ModelState::Archived,
            _ => ModelState::Published,
        }
    }
}

/// All that is wrong with a key.
pub(crate) fn check_key(key: &str) -> Vec<FieldError> {
    let reserved =
        matches!(key, "models" | "imports").then_some("this word is part of a path: choose another key");
    let fault = key_fault(key).or(reserved);
    fault.map(|message| FieldError::new("/key", "invalid_key", message)).into_iter().collect()
}

/// Why a definition and its tests cannot even be kept.
pub(crate) fn unkeepable(definition: &Value, tests: &[TestCase]) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if !definition.is_object() {
        faults.push(FieldError::new("/definition", "wrong_type", "a definition is an object"));
    }
    let written = serde_json::to_value(tests).unwrap_or_default();
    for (pointer, value) in [("/definition", definition), ("/tests", &written)] {
        if value.to_string().len() > MAX_BYTES {
            faults.push(FieldError::new(pointer, "too_large", format!("it has more than {MAX_BYTES} bytes")));
        } else if has_nul(value) {
            faults.push(FieldError::new(pointer, "invalid", "a text without the character NUL is expected"));
        }
    }
    if tests.len() > MAX_TESTS {
        faults.push(FieldError::new("/tests", "too_many", format!("a model has at most {MAX_TESTS} tests")));
    }
    faults
}

/// Whether a text or a name has a NUL, which no text of the database can hold. JSON is read to a depth of 128.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// Something that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = decisions::Fault)]
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

/// A model as a list shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::ModelSummary)]
pub(crate) struct ModelSummary {
    /// What callers name it by.
    #[schema(example = "discount")]
    pub(crate) key: String,
    /// Its id in the audit trail.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: ModelId,
    /// Where it stands.
    pub(crate) state: ModelState,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// The version that was published last.
    pub(crate) published_version: Option<i64>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last (UTC).
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub(crate) updated_by: String,
}

/// A model with its draft.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = decisions::Model)]
pub(crate) struct ModelBody {
    #[serde(flatten)]
    summary: ModelSummary,
    /// The definition at work, which may have faults.
    #[schema(value_type = Object)]
    definition: Value,
    /// Its test cases.
    tests: Vec<TestCase>,
    /// All that is wrong with the definition.
    faults: Vec<Fault>,
}

impl From<&Model> for ModelSummary {
    fn from(model: &Model) -> Self {
        Self {
            key: model.key.clone(),
            id: model.id,
            state: model.state(),
            version: model.version,
            published_version: model.published_version,
            created_at: model.created_at,
            updated_at: model.updated_at,
            updated_by: model.updated_by.clone(),
        }
    }
}

impl ModelBody {
    /// A model and what is wrong with it.
    pub(crate) fn new(model: &Model, faults: Vec<FieldError>) -> Self {
        Self {
            summary: model.into(),
            definition: model.definition.clone(),
            tests: model.tests.clone(),
            faults: faults.into_iter().map(Fault::from).collect(),
        }
    }
}
