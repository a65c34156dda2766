//! Role bindings: who has which role, where, and until when.

use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::group::GroupId;
use crate::model::org_unit::OrgUnitId;
use crate::model::role::RoleId;

/// The id of a role binding.
pub(crate) type BindingId = Id<RoleBinding>;

/// A role of a principal or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::RoleBinding)]
pub(crate) struct RoleBinding {
    /// Id.
    pub(crate) id: BindingId,
    /// Who has the role.
    pub(crate) subject: Subject,
    /// The role.
    pub(crate) role: RoleId,
    /// Key of a built-in role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role_key: Option<String>,
    /// Where it holds.
    pub(crate) scope: Scope,
    /// Why it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Until when it holds (UTC); for good where there is no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// When it was ended (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Actor who made it.
    pub(crate) created_by: String,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// Who has a role: exactly one of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", try_from = "SubjectInput")]
#[schema(as = iam::Subject)]
pub(crate) enum Subject {
    /// A principal.
    Principal(PrincipalId),
    /// All who are in a group.
    Group(GroupId),
}

/// A subject as it is sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubjectInput {
    principal: Option<PrincipalId>,
    group: Option<GroupId>,
}

impl TryFrom<SubjectInput> for Subject {
    type Error = &'static str;

    fn try_from(input: SubjectInput) -> Result<Self, &'static str> {
        match (input.principal, input.group) {
            (Some(id), None) => Ok(Self::Principal(id)),
            (None, Some(id)) => Ok(Self::Group(id)),
            _ => Err("name a principal or a group, one of both"),
        }
    }
}

/// Where a role holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = iam::Scope)]
pub(crate) enum Scope {
    /// In the whole tenant.
    #[default]
    Tenant,
    /// On records of an organizational unit and of all below it.
    OrgUnit {
        /// The unit.
        id: OrgUnitId,
    },
    /// In the operations of a module.
    Module {
        /// Name of the module.
        module: String,
    },
    /// On one record.
    Record {
        /// What it is, such as `iam.principal`.
        #[serde(rename = "type")]
        record_type: String,
        /// Its id.
        #[schema(value_type = String, format = Uuid)]
        id: Uuid,
    },
}

impl Scope {
    /// The stored word for the kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::OrgUnit { .. } => "org_unit",
            Self::Module { .. } => "module",
            Self::Record { .. } => "record",
        }
    }
}
