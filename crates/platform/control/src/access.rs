//! Who may do what. What is not named here is refused, and everything here to callers of other realms.

use athyper_kernel_http::Permission;

/// Those who watch the platform and help its tenants.
const OPERATORS: &[&str] = &["platform_admin", "platform_operator"];
/// Those who make and end tenants.
const ADMINS: &[&str] = &["platform_admin"];

/// The permissions of platform control.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission { name: "control.list_realms", roles: OPERATORS },
    Permission { name: "control.list_tenants", roles: OPERATORS },
    Permission { name: "control.get_tenant", roles: OPERATORS },
    Permission { name: "control.create_tenant", roles: ADMINS },
    Permission { name: "control.update_tenant", roles: ADMINS },
    Permission { name: "control.suspend_tenant", roles: ADMINS },
    Permission { name: "control.activate_tenant", roles: ADMINS },
    Permission { name: "control.archive_tenant", roles: ADMINS },
    Permission { name: "control.list_elevations", roles: OPERATORS },
    Permission { name: "control.create_elevation", roles: OPERATORS },
    Permission { name: "control.end_elevation", roles: OPERATORS },
];
