//! A draft that is asked beside what is in force, and what it would have answered otherwise.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_policy::{Decision, Mask, Obligation, Outcome, Reason};
use athyper_kernel_types::Id;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::change::Change;
use crate::model::policy::PolicyId;

/// The id of a shadow.
pub(crate) type ShadowId = Id<Shadow>;

/// Most drafts of a tenant that run in the shadow at once.
pub(crate) const MAX_SHADOWS: i64 = 5;
/// How long a shadow runs when it is not said.
pub(crate) const USUAL: TimeDelta = TimeDelta::days(7);
/// How long it runs at most.
pub(crate) const LONGEST: TimeDelta = TimeDelta::days(30);
/// Of how many decisions at least one is asked again.
pub(crate) const MOST_ONE_IN: i32 = 1_000;
/// Differences of a shadow that are kept one by one; further ones are counted.
pub(crate) const MOST_KEPT: i64 = 10_000;

/// A draft that is asked beside what is in force, or was.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Shadow)]
pub(crate) struct Shadow {
    /// Id.
    pub(crate) id: ShadowId,
    /// The policy.
    pub(crate) policy_id: PolicyId,
    /// The version of the policy's record whose draft it is; later changes of the draft are not part of it.
    pub(crate) policy_version: i64,
    /// Whether it is asked now.
    pub(crate) running: bool,
    /// Of so many decisions one is asked again, by chance.
    pub(crate) one_in: i32,
    /// When it began (UTC).
    pub(crate) started_at: DateTime<Utc>,
    /// Who began it.
    pub(crate) started_by: String,
    /// When it ends or has ended (UTC).
    pub(crate) ends_at: DateTime<Utc>,
    /// Why it was ended before its time: `stopped`, `published` or `archived`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_reason: Option<String>,
    /// Who ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_by: Option<String>,
    /// How many decisions were asked again.
    pub(crate) asked: i64,
    /// How many of them would be denied, or allowed on fewer records.
    pub(crate) loses: i64,
    /// How many would be allowed, or allowed on more records.
    pub(crate) gains: i64,
    /// How many would stay allowed with other fields hidden or masked, or with other things to do.
    pub(crate) differs: i64,
    /// How many were to be asked again and were not: too many waited, or what is in force changed before it was their turn.
    pub(crate) skipped: i64,
}

/// Why a shadow ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Somebody stopped it.
    Stopped,
    /// The draft was published.
    Published,
    /// The policy was archived.
    Archived,
}

impl EndReason {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }
}

/// An answer with what it rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::ShadowAnswer)]
pub(crate) struct Answer {
    /// Yes, no, or on some records.
    outcome: Outcome,
    /// Why.
    reason: Reason,
    /// The rules that it rests on: `policy/rule`.
    rules: Vec<String>,
    /// What has to be done.
    obligations: Vec<Obligation>,
    /// Fields that are not shown, or set.
    hidden: BTreeSet<String>,
    /// Fields that are shown masked.
    masked: BTreeMap<String, Mask>,
}

impl From<&Decision> for Answer {
    fn from(decision: &Decision) -> Self {
        Self {
            outcome: decision.outcome,
            reason: decision.reason,
            rules: decision.rules.iter().map(|rule| format!("{}/{}", rule.policy, rule.rule)).collect(),
            obligations: decision.obligations.clone(),
            hidden: decision.hidden.iter().map(ToString::to_string).collect(),
            masked: decision.masked.iter().map(|(field, mask)| (field.to_string(), *mask)).collect(),
        }
    }
}

/// A decision that a draft would have made otherwise.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::ShadowDifference)]
pub(crate) struct ShadowDifference {
    /// Id.
    pub(crate) id: Uuid,
    /// The shadow.
    pub(crate) shadow_id: Uuid,
    /// The policy whose draft it is.
    pub(crate) policy_id: Uuid,
    /// When the decision was made (UTC).
    pub(crate) decided_at: DateTime<Utc>,
    /// Whose question it was.
    pub(crate) actor: String,
    /// The principal, where the tenant knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) principal_id: Option<Uuid>,
    /// The operation.
    pub(crate) operation: String,
    /// The entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<String>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record_id: Option<String>,
    /// What would become of it: `loses`, `gains` or `differs`.
    #[schema(value_type = Change)]
    pub(crate) change: String,
    /// The answer by what was in force.
    #[schema(value_type = Answer)]
    pub(crate) before: Value,
    /// The answer with the draft.
    #[schema(value_type = Answer)]
    pub(crate) after: Value,
    /// Number of what was in force.
    pub(crate) number: i64,
    /// The request that asked.
    pub(crate) request_id: String,
}
