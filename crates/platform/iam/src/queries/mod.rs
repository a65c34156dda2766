//! One file for each read.

pub(crate) mod get_effective_permissions;
pub(crate) mod get_group;
pub(crate) mod get_me;
pub(crate) mod get_org_unit;
pub(crate) mod get_principal;
pub(crate) mod get_profile;
pub(crate) mod get_role;
pub(crate) mod get_role_binding;
pub(crate) mod list_group_members;
pub(crate) mod list_groups;
pub(crate) mod list_org_units;
pub(crate) mod list_permissions;
pub(crate) mod list_personas;
pub(crate) mod list_principal_links;
pub(crate) mod list_principals;
pub(crate) mod list_role_bindings;
pub(crate) mod list_roles;
pub(crate) mod list_service_keys;
