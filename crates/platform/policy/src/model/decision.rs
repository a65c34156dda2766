//! A decision as it is answered and written down.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_policy::{Decision, Mask, Obligation, Outcome, Reason, RuleName};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The answer to a question.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Decision)]
pub(crate) struct DecisionBody {
    /// Yes, no, or on some records.
    outcome: Outcome,
    /// Why.
    reason: Reason,
    /// The rules that it rests on.
    rules: Vec<RuleName>,
    /// What has to be done. Whoever cannot do one must refuse.
    obligations: Vec<Obligation>,
    /// Fields that the operation does not show, or set.
    hidden: BTreeSet<String>,
    /// Fields that are shown masked.
    masked: BTreeMap<String, Mask>,
    /// Counts the changes of what is in force.
    number: i64,
}

impl From<&Decision> for DecisionBody {
    fn from(decision: &Decision) -> Self {
        Self {
            outcome: decision.outcome,
            reason: decision.reason,
            rules: decision.rules.iter().map(|rule| rule.as_ref().clone()).collect(),
            obligations: decision.obligations.clone(),
            hidden: decision.hidden.iter().map(ToString::to_string).collect(),
            masked: decision.masked.iter().map(|(field, mask)| (field.to_string(), *mask)).collect(),
            number: decision.version,
        }
    }
}

/// A decision that was written down.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::LoggedDecision)]
pub(crate) struct LoggedDecision {
    /// Id.
    #[schema(value_type = uuid::Uuid)]
    #[sqlx(try_from = "uuid::Uuid")]
    pub(crate) id: LoggedId,
    /// When it was made (UTC).
    pub(crate) decided_at: DateTime<Utc>,
    /// Whose question it was.
    pub(crate) actor: String,
    /// The operation.
    pub(crate) operation: String,
    /// The entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<String>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record_id: Option<String>,
    /// The answer: `allowed`, `denied` or `depends`.
    pub(crate) outcome: String,
    /// Why.
    pub(crate) reason: String,
    /// The rules that it rests on: `policy/rule`.
    pub(crate) rules: Vec<String>,
    /// What had to be done.
    #[schema(value_type = Vec<Obligation>)]
    pub(crate) obligations: Value,
    /// Number of what was in force.
    pub(crate) number: i64,
    /// The request that asked.
    pub(crate) request_id: String,
}

/// The id of a decision in the log.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct LoggedId(pub(crate) Id<LoggedDecision>);

impl From<uuid::Uuid> for LoggedId {
    fn from(id: uuid::Uuid) -> Self {
        Self(Id::from_uuid(id))
    }
}

/// The word for a value that is written as one.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
