//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use athyper_kernel_types::PageError;

use crate::model::principal::Status;

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A principal.
    Principal,
    /// A link of a principal.
    Link,
    /// A group.
    Group,
    /// A member of a group.
    Member,
    /// An organizational unit.
    OrgUnit,
    /// A role.
    Role,
    /// A role binding.
    Binding,
    /// A key of a service.
    Key,
}

impl Thing {
    fn noun(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Link => "link of this principal",
            Self::Group => "group",
            Self::Member => "member of this group",
            Self::OrgUnit => "organizational unit",
            Self::Role => "role",
            Self::Binding => "role binding",
            Self::Key => "key of this service",
        }
    }
}

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such record in this tenant.
    #[error("there is no such {}", .0.noun())]
    NotFound(Thing),
    /// The body names a record that is not there.
    #[error("there is no such {}", what.noun())]
    UnknownReference {
        /// JSON pointer to the id.
        pointer: &'static str,
        /// What it should be.
        what: Thing,
    },
    /// Another record has this name, code or id already.
    #[error("another record has this {what} already")]
    Taken {
        /// JSON pointer to it.
        pointer: &'static str,
        /// What it is.
        what: &'static str,
    },
    /// Attributes that cannot be taken.
    #[error("some attributes cannot be taken")]
    InvalidProfile(Vec<FieldError>),
    /// A principal cannot go from this status to that one.
    #[error("the principal is {} and cannot become {}", from.as_str(), to.as_str())]
    PrincipalStatus {
        /// Its status.
        from: Status,
        /// The status wanted.
        to: Status,
    },
    /// One who is deprovisioned is not changed, bound or added any more.
    #[error("the principal is deprovisioned, which is for good: enter a new one")]
    Deprovisioned,
    /// What the tenant's administrators made is not for a provisioning system to change.
    #[error("the tenant's administrators have the say about this record")]
    OfAdministrators,
    /// Without its link a suspended principal would come in by the roles of its token.
    #[error("the link keeps a principal out that is not active: it stays")]
    LinkKeepsOut,
    /// People have no keys.
    #[error("only services have keys")]
    NotAService,
    /// A principal would report to itself, through others.
    #[error("the principal would report to itself")]
    ManagerCycle,
    /// A group would be in itself, through others.
    #[error("the group would be in itself")]
    GroupCycle,
    /// A unit would be below itself.
    #[error("the unit would be below itself")]
    OrgUnitCycle,
    /// The tree would be too deep.
    #[error("the tree would have more than 20 levels")]
    OrgUnitTooDeep,
    /// Something belongs to the unit.
    #[error("units, principals or bindings belong to this unit: move or end them first")]
    OrgUnitInUse,
    /// Nobody declared the permission.
    #[error("there is no permission {name}")]
    UnknownPermission {
        /// Its place in the list.
        index: usize,
        /// Its name.
        name: String,
    },
    /// There is no such module.
    #[error("there is no module {0}")]
    UnknownModule(String),
    /// A built-in role changes with the program only.
    #[error("a built-in role is not changed: make one of your own")]
    BuiltInRole,
    /// The role is bound.
    #[error("the role is bound: end its bindings first")]
    RoleInUse,
    /// The same role is bound to the same subject in the same scope.
    #[error("the subject has this role in this scope already")]
    AlreadyBound,
    /// The binding has ended.
    #[error("the binding has ended already")]
    BindingEnded,
    /// A time that has to lie ahead does not.
    #[error("this time has to lie ahead, by at most {most_days} days")]
    WrongTime {
        /// JSON pointer to it.
        pointer: &'static str,
        /// Furthest day that is taken.
        most_days: i64,
    },
    /// The caller does not hold what would be given.
    #[error("you do not hold {permission} in that scope yourself, so you cannot give it")]
    CannotGrant {
        /// The first permission that is missing.
        permission: String,
    },
    /// The caller has been shut out since the request came.
    #[error("you are suspended or deprovisioned in this tenant")]
    ShutOut,
    /// Nobody would be left who administers the tenant.
    #[error("this would leave the tenant without an administrator: bind tenant_admin to somebody else first")]
    LastAdministrator,
    /// Somebody would have two duties that are kept apart.
    #[error("somebody would have both duties that the rule {rule} keeps apart")]
    DutiesNotSeparate {
        /// Name of the rule.
        rule: String,
    },
    /// Two keys are good at once.
    #[error("two keys of this service are good already: revoke one first")]
    TooManyKeys,
    /// No random bytes can be had.
    #[error("the machine has no random bytes")]
    NoRandomness,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(DbError),
}

/// Rules of the tables that a request can break: name, pointer, what it is.
const TAKEN: &[(&str, &str, &str)] = &[
    ("principal_user_name", "/userName", "user name"),
    ("principal_external_id", "/externalId", "external id"),
    ("principal_link_pkey", "/subject", "subject of this provider"),
    ("principal_group_name", "/displayName", "name"),
    ("principal_group_external_id", "/externalId", "external id"),
    ("org_unit_code", "/code", "code"),
    ("role_name", "/name", "name"),
];

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        let known = error.constraint().and_then(|name| TAKEN.iter().find(|(known, _, _)| *known == name));
        match known {
            Some((_, pointer, what)) => Self::Taken { pointer, what },
            None => Self::Database(error),
        }
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "iam.not_found",
            Self::UnknownReference { .. } => "iam.unknown_reference",
            Self::Taken { .. } => "iam.taken",
            Self::InvalidProfile(_) => "iam.invalid_profile",
            Self::PrincipalStatus { .. } => "iam.principal_status",
            Self::Deprovisioned => "iam.principal_deprovisioned",
            Self::OfAdministrators => "iam.of_administrators",
            Self::LinkKeepsOut => "iam.link_keeps_out",
            Self::NotAService => "iam.not_a_service",
            Self::ManagerCycle => "iam.manager_cycle",
            Self::GroupCycle => "iam.group_cycle",
            Self::OrgUnitCycle => "iam.org_unit_cycle",
            Self::OrgUnitTooDeep => "iam.org_unit_too_deep",
            Self::OrgUnitInUse => "iam.org_unit_in_use",
            Self::UnknownPermission { .. } => "iam.unknown_permission",
            Self::UnknownModule(_) => "iam.unknown_module",
            Self::BuiltInRole => "iam.built_in_role",
            Self::RoleInUse => "iam.role_in_use",
            Self::AlreadyBound => "iam.already_bound",
            Self::BindingEnded => "iam.binding_ended",
            Self::WrongTime { .. } => "iam.wrong_time",
            Self::CannotGrant { .. } => "iam.cannot_grant",
            Self::ShutOut => "iam.principal_shut_out",
            Self::LastAdministrator => "iam.last_administrator",
            Self::DutiesNotSeparate { .. } => "iam.duties_not_separate",
            Self::TooManyKeys => "iam.too_many_keys",
            Self::NoRandomness => "iam.no_randomness",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::Taken { .. }
            | Self::PrincipalStatus { .. }
            | Self::Deprovisioned
            | Self::LinkKeepsOut
            | Self::OrgUnitInUse
            | Self::BuiltInRole
            | Self::RoleInUse
            | Self::AlreadyBound
            | Self::BindingEnded
            | Self::LastAdministrator
            | Self::DutiesNotSeparate { .. }
            | Self::TooManyKeys => ProblemKind::Conflict,
            Self::CannotGrant { .. } | Self::ShutOut | Self::OfAdministrators => ProblemKind::Forbidden,
            Self::UnknownReference { .. }
            | Self::InvalidProfile(_)
            | Self::NotAService
            | Self::ManagerCycle
            | Self::GroupCycle
            | Self::OrgUnitCycle
            | Self::OrgUnitTooDeep
            | Self::UnknownPermission { .. }
            | Self::UnknownModule(_)
            | Self::WrongTime { .. } => ProblemKind::Invalid,
            Self::NoRandomness => ProblemKind::Unavailable,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::InvalidProfile(fields) => fields.clone(),
            Self::UnknownReference { pointer, .. } => one(pointer, "unknown"),
            Self::Taken { pointer, .. } => one(pointer, "taken"),
            Self::ManagerCycle => one("/manager", "cycle"),
            Self::GroupCycle => one("/group", "cycle"),
            Self::OrgUnitCycle => one("/parent", "cycle"),
            Self::OrgUnitTooDeep => one("/parent", "too_deep"),
            Self::UnknownPermission { index, .. } => one(&format!("/permissions/{index}"), "unknown"),
            Self::UnknownModule(_) => one("/scope/module", "unknown"),
            Self::WrongTime { pointer, .. } => one(pointer, "invalid"),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
