//! A policy with its draft, and its versions.

use athyper_kernel_error::FieldError;
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The id of a policy.
pub(crate) type PolicyId = Id<StoredPolicy>;

/// Most policies of a tenant.
pub(crate) const MAX_POLICIES: i64 = 1_000;

/// Whether a text may be the key of a policy or a network.
pub(crate) fn is_key(key: &str) -> bool {
    (1..=63).contains(&key.len())
        && key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-')
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Policy)]
pub(crate) struct StoredPolicy {
    /// Id.
    pub(crate) id: PolicyId,
    /// Names it in explanations and in the log.
    pub(crate) key: String,
    /// Title.
    pub(crate) title: String,
    /// What it is for.
    pub(crate) description: String,
    /// Where it stands.
    pub(crate) state: PolicyState,
    /// The draft; none while what is in force is all there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) draft: Option<PolicyDocument>,
    /// Where the draft stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) draft_state: Option<DraftState>,
    /// Everybody who has written the draft: none of them publishes it.
    pub(crate) draft_authors: Vec<String>,
    /// Who asked for the review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) submitted_by: Option<String>,
    /// The version in force, or the last one that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) published_version: Option<i64>,
    /// When it was taken out of force (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) archived_at: Option<DateTime<Utc>>,
    /// Version of the record, for `If-Match`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last (UTC).
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub(crate) updated_by: String,
}

/// Where a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::PolicyState)]
pub(crate) enum PolicyState {
    /// It was never in force.
    Draft,
    /// A version of it is in force.
    Published,
    /// It was taken out of force.
    Archived,
}

impl PolicyState {
    /// Where a policy stands with this version in force, or taken out of it.
    pub(crate) fn of(published: Option<i64>, archived: Option<DateTime<Utc>>) -> Self {
        match (published, archived) {
            (None, _) => Self::Draft,
            (_, Some(_)) => Self::Archived,
            _ => Self::Published,
        }
    }
}

/// Where a draft stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::DraftState)]
pub(crate) enum DraftState {
    /// It is worked on.
    Draft,
    /// Somebody else is to look at it.
    InReview,
}

impl DraftState {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::InReview].into_iter().find(|state| state.as_str() == word)
    }
}

/// A version that was put in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::PolicyVersion)]
pub(crate) struct PolicyVersion {
    /// Its number, from 1.
    pub(crate) version: i64,
    /// Its rules.
    pub(crate) document: PolicyDocument,
    /// Who wrote it.
    pub(crate) authors: Vec<String>,
    /// The version whose rules it takes up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rolled_back_to: Option<i64>,
    /// When it was put in force (UTC).
    pub(crate) published_at: DateTime<Utc>,
    /// Who put it in force.
    pub(crate) published_by: String,
}

/// Something that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = policy::Fault)]
pub(crate) struct Fault {
    /// Where (JSON pointer into the document).
    pub(crate) pointer: String,
    /// Stable code of the rule.
    pub(crate) code: String,
    /// What is wrong, and how to mend it.
    pub(crate) message: String,
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self { pointer: error.pointer, code: error.code, message: error.message }
    }
}
