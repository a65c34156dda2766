//! Role bindings as this domain sees them: who has which role, and where.

use athyper_kernel_types::{Id, PrincipalId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The id of a role binding.
pub type BindingId = Id<RoleBinding>;

/// A role of a principal or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleBinding {
    /// Id.
    pub id: BindingId,
    /// Who has the role.
    pub subject: Subject,
    /// Id of the role.
    pub role: Uuid,
    /// Where it holds.
    pub scope: Scope,
}

/// Who has a role: exactly one of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = governance::Subject)]
pub enum Subject {
    /// A principal.
    Principal(PrincipalId),
    /// All who are in a group.
    #[schema(value_type = String, format = Uuid)]
    Group(Uuid),
}

/// Where a role holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = governance::Scope)]
pub enum Scope {
    /// In the whole tenant.
    Tenant,
    /// On records of an organizational unit and of all below it.
    OrgUnit {
        /// The unit.
        #[schema(value_type = String, format = Uuid)]
        id: Uuid,
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
