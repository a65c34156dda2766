//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    activate_principal, add_group_member, create_group, create_org_unit, create_principal,
    create_principal_link, create_role, create_role_binding, create_service_key, delete_group,
    delete_org_unit, delete_principal_link, delete_role, deprovision_principal, end_role_binding,
    move_org_unit, remove_group_member, revoke_service_key, suspend_principal, update_group, update_org_unit,
    update_principal, update_profile, update_role,
};
use crate::queries::{
    get_effective_permissions, get_group, get_me, get_org_unit, get_principal, get_profile, get_role,
    get_role_binding, list_group_members, list_groups, list_org_units, list_permissions, list_personas,
    list_principal_links, list_principals, list_role_bindings, list_roles, list_service_keys,
};
use crate::scim::{
    self, create_user, delete_user, discovery, list_users, patch_group, patch_user, read_group, read_user,
    replace_group, replace_user, search,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().merge(principals()).merge(groups()).merge(roles()).merge(provisioning())
}

fn principals() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/iam/me
        .routes(routes!(get_me::get_me))
        // /v1/iam/principals
        .routes(routes!(list_principals::list_principals, create_principal::create_principal))
        .routes(routes!(get_principal::get_principal, update_principal::update_principal))
        .routes(routes!(suspend_principal::suspend_principal))
        .routes(routes!(activate_principal::activate_principal))
        .routes(routes!(deprovision_principal::deprovision_principal))
        .routes(routes!(get_effective_permissions::get_effective_permissions))
        .routes(routes!(
            list_principal_links::list_principal_links,
            create_principal_link::create_principal_link
        ))
        .routes(routes!(delete_principal_link::delete_principal_link))
        .routes(routes!(list_service_keys::list_service_keys, create_service_key::create_service_key))
        .routes(routes!(revoke_service_key::revoke_service_key))
}

fn groups() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/iam/groups
        .routes(routes!(list_groups::list_groups, create_group::create_group))
        .routes(routes!(get_group::get_group, update_group::update_group, delete_group::delete_group))
        .routes(routes!(list_group_members::list_group_members, add_group_member::add_group_member))
        .routes(routes!(remove_group_member::remove_group_member))
        // /v1/iam/org-units
        .routes(routes!(list_org_units::list_org_units, create_org_unit::create_org_unit))
        .routes(routes!(
            get_org_unit::get_org_unit,
            update_org_unit::update_org_unit,
            delete_org_unit::delete_org_unit
        ))
        .routes(routes!(move_org_unit::move_org_unit))
}

fn roles() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/iam/permissions, /v1/iam/personas, /v1/iam/profile
        .routes(routes!(list_permissions::list_permissions))
        .routes(routes!(list_personas::list_personas))
        .routes(routes!(get_profile::get_profile, update_profile::update_profile))
        // /v1/iam/roles
        .routes(routes!(list_roles::list_roles, create_role::create_role))
        .routes(routes!(get_role::get_role, update_role::update_role, delete_role::delete_role))
        // /v1/iam/role-bindings
        .routes(routes!(list_role_bindings::list_role_bindings, create_role_binding::create_role_binding))
        .routes(routes!(get_role_binding::get_role_binding))
        .routes(routes!(end_role_binding::end_role_binding))
}

fn provisioning() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /scim/v2/{tenant}
        .routes(routes!(discovery::scim_get_service_provider_config))
        .routes(routes!(discovery::scim_list_resource_types))
        .routes(routes!(discovery::scim_get_resource_type))
        .routes(routes!(discovery::scim_list_schemas))
        .routes(routes!(discovery::scim_get_schema))
        .routes(routes!(search::scim_search))
        // /scim/v2/{tenant}/Users
        .routes(routes!(list_users::scim_list_users, create_user::scim_create_user))
        .routes(routes!(search::scim_search_users))
        .routes(routes!(
            read_user::scim_get_user,
            replace_user::scim_replace_user,
            patch_user::scim_patch_user,
            delete_user::scim_delete_user
        ))
        // /scim/v2/{tenant}/Groups
        .routes(routes!(scim::list_groups::scim_list_groups, scim::create_group::scim_create_group))
        .routes(routes!(search::scim_search_groups))
        .routes(routes!(
            read_group::scim_get_group,
            replace_group::scim_replace_group,
            patch_group::scim_patch_group,
            scim::delete_group::scim_delete_group
        ))
}
