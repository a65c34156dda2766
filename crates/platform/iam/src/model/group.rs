//! Groups: principals, and other groups, that are given roles together.

use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::binding::Subject;
use crate::model::principal::Authority;

/// The id of a group.
pub(crate) type GroupId = Id<Group>;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Group)]
pub(crate) struct Group {
    /// Id.
    pub(crate) id: GroupId,
    /// Name, unique in the tenant; case does not count.
    pub(crate) display_name: String,
    /// Id that the provisioning system has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Who has the say about it.
    pub(crate) authority: Authority,
    /// Version, for `If-Match`; a change of its members gives it the next one.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was last changed (UTC).
    pub(crate) updated_at: DateTime<Utc>,
}

/// Who is in a group directly: a principal or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberRef {
    /// A principal.
    Principal(PrincipalId),
    /// A group, with all who are in it.
    Group(GroupId),
}

impl From<Subject> for MemberRef {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Principal(id) => Self::Principal(id),
            Subject::Group(id) => Self::Group(id),
        }
    }
}

/// A member of a group, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Member)]
pub(crate) struct Member {
    /// Id of the principal or group.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: uuid::Uuid,
    /// What it is: `user`, `service` or `group`.
    pub(crate) kind: String,
    /// Name of it.
    pub(crate) name: String,
    /// Since when it is a member (UTC).
    pub(crate) added_at: DateTime<Utc>,
}
