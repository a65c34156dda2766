//! Who may do what: those who administer the module. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// An operation of those who administer.
const fn administer(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, &[])
}

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    administer("federation.list_providers"),
    administer("federation.get_provider"),
    administer("federation.create_provider"),
    administer("federation.update_provider"),
    administer("federation.delete_provider"),
    administer("federation.enable_provider"),
    administer("federation.disable_provider"),
    administer("federation.test_provider"),
    administer("federation.list_mappings"),
    administer("federation.get_mapping"),
    administer("federation.create_mapping"),
    administer("federation.delete_mapping"),
    administer("federation.list_domains"),
    administer("federation.get_domain"),
    administer("federation.create_domain"),
    administer("federation.update_domain"),
    administer("federation.verify_domain"),
    administer("federation.delete_domain"),
];
