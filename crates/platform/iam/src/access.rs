//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Who carries out access reviews without administering the tenant.
const REVIEWERS: &[&str] = &["access_reviewer"];

/// An operation of those who administer access.
const fn administers(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, &[])
}

/// An operation of those who administer access, and of those who review it.
const fn reviews(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, REVIEWERS)
}

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("iam.get_me", OperationKind::SelfService, &[]),
    administers("iam.list_permissions"),
    administers("iam.list_personas"),
    administers("iam.get_profile"),
    administers("iam.update_profile"),
    administers("iam.list_principals").asking(),
    administers("iam.get_principal").asking(),
    administers("iam.create_principal"),
    administers("iam.update_principal").asking(),
    administers("iam.suspend_principal").asking(),
    administers("iam.activate_principal").asking(),
    administers("iam.deprovision_principal").asking(),
    administers("iam.get_effective_permissions"),
    administers("iam.list_principal_links"),
    administers("iam.create_principal_link"),
    administers("iam.delete_principal_link"),
    administers("iam.list_service_keys"),
    administers("iam.create_service_key"),
    administers("iam.revoke_service_key"),
    administers("iam.list_groups"),
    administers("iam.get_group"),
    administers("iam.create_group"),
    administers("iam.update_group"),
    administers("iam.delete_group"),
    administers("iam.list_group_members"),
    administers("iam.add_group_member"),
    administers("iam.remove_group_member"),
    administers("iam.list_org_units"),
    administers("iam.get_org_unit"),
    administers("iam.create_org_unit"),
    administers("iam.update_org_unit"),
    administers("iam.move_org_unit"),
    administers("iam.delete_org_unit"),
    administers("iam.list_roles"),
    administers("iam.get_role"),
    administers("iam.create_role"),
    administers("iam.update_role"),
    administers("iam.delete_role"),
    reviews("iam.list_role_bindings"),
    reviews("iam.get_role_binding"),
    administers("iam.create_role_binding").asking(),
    administers("iam.end_role_binding").asking(),
    administers("iam.scim_get_service_provider_config"),
    administers("iam.scim_list_resource_types"),
    administers("iam.scim_get_resource_type"),
    administers("iam.scim_list_schemas"),
    administers("iam.scim_get_schema"),
    administers("iam.scim_create_user"),
    administers("iam.scim_list_users"),
    administers("iam.scim_get_user"),
    administers("iam.scim_replace_user"),
    administers("iam.scim_patch_user"),
    administers("iam.scim_delete_user"),
    administers("iam.scim_create_group"),
    administers("iam.scim_list_groups"),
    administers("iam.scim_get_group"),
    administers("iam.scim_replace_group"),
    administers("iam.scim_patch_group"),
    administers("iam.scim_delete_group"),
    administers("iam.scim_search"),
    administers("iam.scim_search_users"),
    administers("iam.scim_search_groups"),
];
