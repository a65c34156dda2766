//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Those who run the platform and may change it.
const OPERATORS: &[&str] = &["platform_admin"];

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("security.list_own_sessions", OperationKind::SelfService, &[]),
    Permission::new("security.revoke_own_session", OperationKind::SelfService, &[]),
    Permission::new("security.list_sessions", OperationKind::Administer, &[]),
    Permission::new("security.revoke_session", OperationKind::Administer, &[]),
    Permission::new("security.revoke_person_sessions", OperationKind::Administer, &[]),
    Permission::new("security.revoke_tenant_sessions", OperationKind::Administer, &[]),
    Permission::new("security.rotate_keys", OperationKind::Administer, &[]),
    Permission::new("security.revoke_realm_sessions", OperationKind::Control, OPERATORS),
];
