//! Who may do what. What is not named here is refused, and everything here to callers of other realms.

use athyper_kernel_http::{OperationKind, Permission};

/// Those who watch the platform and help its tenants.
const OPERATORS: &[&str] = &["platform_admin", "platform_operator"];
/// Those who make and end tenants.
const ADMINS: &[&str] = &["platform_admin"];

/// The permissions of platform control.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("control.list_realms", OperationKind::Control, OPERATORS),
    Permission::new("control.list_tenants", OperationKind::Control, OPERATORS),
    Permission::new("control.get_tenant", OperationKind::Control, OPERATORS),
    Permission::new("control.create_tenant", OperationKind::Control, ADMINS),
    Permission::new("control.update_tenant", OperationKind::Control, ADMINS),
    Permission::new("control.suspend_tenant", OperationKind::Control, ADMINS),
    Permission::new("control.activate_tenant", OperationKind::Control, ADMINS),
    Permission::new("control.archive_tenant", OperationKind::Control, ADMINS),
    Permission::new("control.list_elevations", OperationKind::Control, OPERATORS),
    Permission::new("control.create_elevation", OperationKind::Control, OPERATORS),
    Permission::new("control.end_elevation", OperationKind::Control, OPERATORS),
];
