//! One file for each change of state.

pub(crate) mod activate_principal;
pub(crate) mod add_group_member;
pub(crate) mod create_group;
pub(crate) mod create_org_unit;
pub(crate) mod create_principal;
pub(crate) mod create_principal_link;
pub(crate) mod create_role;
pub(crate) mod create_role_binding;
pub(crate) mod create_service_key;
pub(crate) mod delete_group;
pub(crate) mod delete_org_unit;
pub(crate) mod delete_principal_link;
pub(crate) mod delete_role;
pub(crate) mod deprovision_principal;
pub(crate) mod end_role_binding;
pub(crate) mod move_org_unit;
pub(crate) mod remove_group_member;
pub(crate) mod revoke_service_key;
pub(crate) mod suspend_principal;
pub(crate) mod update_group;
pub(crate) mod update_org_unit;
pub(crate) mod update_principal;
pub(crate) mod update_profile;
pub(crate) mod update_role;
