//! Reads one role.

use std::sync::Arc;

use athyper_kernel_http::{Catalogue, PathId, ProblemResponse, Read, RecordProblems, Reply, RoleTable};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::role::{Role, RoleId, built_in_id};
use crate::store::roles;

/// Get a role
///
/// One of the tenant's own or a built-in one. Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/iam/roles/{id}",
    operation_id = "iam.get_role",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the role", format = Uuid)),
    responses((status = 200, description = "The role", body = Role, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Clerk",
        "permissions": ["finance.list_journals"], "version": 1})), RecordProblems)
)]
pub(crate) async fn get_role(
    State(deps): State<Deps>,
    PathId(id): PathId<Role>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let role = match built_in(&deps.catalogue, id) {
        Some(table) => Role::built_in(table),
        None => roles::load(&mut read.tx, &[id.uuid()]).await?.pop().ok_or(Error::NotFound(Thing::Role))?,
    };
    read.reply(role.version, &role)
}

/// The built-in role with this id.
pub(crate) fn built_in(catalogue: &Catalogue, id: RoleId) -> Option<&Arc<RoleTable>> {
    catalogue.roles().find(|table| built_in_id(&table.key) == id)
}
