//! What a value of a provider's claim of groups gives.

use athyper_kernel_types::{Id, Text};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::provider::ProviderId;

/// The id of a mapping.
pub(crate) type MappingId = Id<Mapping>;

/// A value of the claim, as it is sent.
pub(crate) type ClaimValue = Text<1, 255>;

/// What a group of a provider gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = federation::Mapping)]
pub(crate) struct Mapping {
    /// Id.
    pub(crate) id: MappingId,
    /// The provider.
    pub(crate) provider: ProviderId,
    /// The value of its claim of groups; case counts.
    pub(crate) value: String,
    /// What whoever has it gets.
    #[schema(value_type = Target)]
    pub(crate) target: Value,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Actor who made it.
    pub(crate) created_by: String,
}

/// What is given: membership in a group, or a role in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = federation::Target)]
pub(crate) enum Target {
    /// Membership in a group.
    Group(GroupTarget),
    /// A role.
    Role(RoleTarget),
}

/// Membership in a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::GroupTarget)]
pub(crate) struct GroupTarget {
    /// Id of the group.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) group: Uuid,
}

/// A role in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::RoleTarget)]
pub(crate) struct RoleTarget {
    /// Key of a built-in role, or id of a role.
    #[schema(max_length = 255)]
    pub(crate) role: String,
    /// Where it holds, as in a role binding: in the whole tenant where it is left out.
    #[schema(value_type = Option<Object>)]
    pub(crate) scope: Option<Value>,
}

impl Target {
    /// The target as the directory reads it.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Group(target) => json!({ "group": target.group }),
            Self::Role(target) => match &target.scope {
                Some(scope) => json!({ "role": target.role, "scope": scope }),
                None => json!({ "role": target.role }),
            },
        }
    }
}
