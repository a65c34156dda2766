//! Access reviews: campaigns in which somebody says of each binding whether it is still needed.

use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::binding::{BindingId, Scope, Subject};

/// The id of a review.
pub(crate) type ReviewId = Id<AccessReview>;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = governance::AccessReview)]
pub(crate) struct AccessReview {
    /// Id.
    pub(crate) id: ReviewId,
    /// Name.
    pub(crate) name: String,
    /// Who decides.
    pub(crate) reviewer: PrincipalId,
    /// When it is closed by itself (UTC).
    pub(crate) due_at: DateTime<Utc>,
    /// What becomes of a binding about which nothing was decided.
    pub(crate) undecided: Verdict,
    /// Whether it goes on.
    pub(crate) status: ReviewStatus,
    /// When it was closed (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<DateTime<Utc>>,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// What is decided about a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = governance::Verdict)]
pub(crate) enum Verdict {
    /// It stays.
    Keep,
    /// It is ended when the review is closed.
    Revoke,
}

impl Verdict {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Revoke => "revoke",
        }
    }

    /// The verdict with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Keep, Self::Revoke].into_iter().find(|one| one.as_str() == word)
    }
}

/// What became of a binding when its review was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = governance::Outcome)]
pub enum Outcome {
    /// It goes on.
    Kept,
    /// It was ended.
    Revoked,
    /// It did not hold any more.
    EndedBefore,
    /// It was to be revoked, which would have shut everybody out.
    LastAdministrator,
}

impl Outcome {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Revoked => "revoked",
            Self::EndedBefore => "ended_before",
            Self::LastAdministrator => "last_administrator",
        }
    }

    /// The outcome with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Kept, Self::Revoked, Self::EndedBefore, Self::LastAdministrator]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// Whether a review goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = governance::ReviewStatus)]
pub(crate) enum ReviewStatus {
    /// Decisions are taken.
    Open,
    /// Decisions are carried out.
    Closed,
}

/// A binding under review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = governance::ReviewItem)]
pub(crate) struct ReviewItem {
    /// The binding.
    pub(crate) binding: BindingId,
    /// Who has the role.
    pub(crate) subject: Subject,
    /// The role.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) role: Uuid,
    /// Where it holds.
    pub(crate) scope: Scope,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Verdict>,
    /// What was noted with the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Actor who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decided_by: Option<String>,
    /// What became of it when the review was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
}
