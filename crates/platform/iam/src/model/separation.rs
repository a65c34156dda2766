//! Separation of duties: what nobody may have together, and who may all the same.

use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The id of a rule.
pub(crate) type RuleId = Id<SeparationRule>;
/// The id of an exception.
pub(crate) type ExceptionId = Id<SeparationException>;

/// Two duties that nobody may have together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::SeparationRule)]
pub(crate) struct SeparationRule {
    /// Id.
    pub(crate) id: RuleId,
    /// Name, unique in the tenant.
    pub(crate) name: String,
    /// One duty.
    pub(crate) left: Duty,
    /// The other duty.
    pub(crate) right: Duty,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// A permission or a role: exactly one of both. A role is named by its key, or by its id where the tenant made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", try_from = "DutyInput")]
#[schema(as = iam::Duty)]
pub(crate) enum Duty {
    /// A permission, however it is had.
    Permission(String),
    /// A role.
    Role(String),
}

/// A duty as it is sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DutyInput {
    permission: Option<String>,
    role: Option<String>,
}

impl TryFrom<DutyInput> for Duty {
    type Error = &'static str;

    fn try_from(input: DutyInput) -> Result<Self, &'static str> {
        match (input.permission, input.role) {
            (Some(name), None) => Ok(Self::Permission(name)),
            (None, Some(name)) => Ok(Self::Role(name)),
            _ => Err("name a permission or a role, one of both"),
        }
    }
}

impl Duty {
    /// The stored word for the kind, and the name.
    pub(crate) fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Permission(name) => ("permission", name),
            Self::Role(name) => ("role", name),
        }
    }

    /// The duty that is stored like this.
    pub(crate) fn stored(kind: &str, name: String) -> Self {
        if kind == "role" { Self::Role(name) } else { Self::Permission(name) }
    }
}

/// That a principal may have both duties of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::SeparationException)]
pub(crate) struct SeparationException {
    /// Id.
    pub(crate) id: ExceptionId,
    /// The rule.
    pub(crate) rule: RuleId,
    /// Who may.
    pub(crate) principal: PrincipalId,
    /// Why.
    pub(crate) reason: String,
    /// Until when (UTC).
    pub(crate) expires_at: DateTime<Utc>,
    /// Actor who recorded it.
    pub(crate) created_by: String,
}
