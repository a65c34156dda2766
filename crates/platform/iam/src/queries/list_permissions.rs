//! Shows the catalogue: every permission of every module, and the built-in roles that have it.

use athyper_kernel_http::{NoQuery, OperationKind, ProblemResponse, Read, ReadProblems, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::model::role::{RoleId, built_in_id};

/// All permissions and all built-in roles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Catalogue)]
pub(crate) struct CatalogueView {
    /// Permissions, by name.
    permissions: Vec<PermissionView>,
    /// Built-in roles, by key.
    built_in_roles: Vec<BuiltInRole>,
}

/// A permission.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Permission)]
pub(crate) struct PermissionView {
    /// Name: the id of the operation that it opens, or a name for something within one.
    name: &'static str,
    /// Module that it belongs to.
    module: &'static str,
    /// Kind of the operation.
    kind: OperationKind,
    /// Built-in roles that have it in the whole tenant.
    roles: Vec<String>,
    /// Whether it can be had for some records only.
    asks_about_records: bool,
}

/// A built-in role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::BuiltInRole)]
pub(crate) struct BuiltInRole {
    /// Id.
    id: RoleId,
    /// Key.
    key: String,
}

/// Get the catalogue of permissions
///
/// What roles can be made of. It changes with the program only.
#[utoipa::path(
    get,
    path = "/v1/iam/permissions",
    operation_id = "iam.list_permissions",
    tag = "iam",
    responses((status = 200, description = "The catalogue", body = CatalogueView, example = json!({"permissions": [{"name": "finance.post_journal",
        "module": "finance", "kind": "approve", "roles": ["accountant", "tenant_admin"], "asksAboutRecords": false}],
        "builtInRoles": [{"id": "6f1b4c1e-6f2b-5d0a-9b8e-0c6a2f6f7d11", "key": "viewer"}]})), ReadProblems)
)]
pub(crate) async fn list_permissions(
    State(deps): State<Deps>,
    _read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let catalogue = &deps.catalogue;
    let permission = |one: &athyper_kernel_http::Permission| PermissionView {
        name: one.name,
        module: one.module(),
        kind: one.kind,
        roles: catalogue.roles_with(one.name).into_iter().map(str::to_owned).collect(),
        asks_about_records: one.asks,
    };
    let role = |key: &str| BuiltInRole { id: built_in_id(key), key: key.to_owned() };
    Ok(Reply::ok(&CatalogueView {
        permissions: catalogue.all().map(permission).collect(),
        built_in_roles: catalogue.roles().map(|table| role(&table.key)).collect(),
    })?)
}
