//! Reads one role binding.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::binding::RoleBinding;
use crate::queries::list_role_bindings::with_key;
use crate::store::bindings;

/// Get a role binding
///
/// Also one that has ended. Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/iam/role-bindings/{id}",
    operation_id = "iam.get_role_binding",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the binding", format = Uuid)),
    responses((status = 200, description = "The binding", body = RoleBinding, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "subject": {"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"},
        "role": "6f1b4c1e-6f2b-5d0a-9b8e-0c6a2f6f7d11", "roleKey": "viewer", "scope": {"kind": "tenant"},
        "createdAt": "2025-01-15T09:00:00Z", "createdBy": "ada", "version": 1})), RecordProblems)
)]
pub(crate) async fn get_role_binding(
    State(deps): State<Deps>,
    PathId(id): PathId<RoleBinding>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = bindings::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Binding))?;
    let binding = with_key(&deps.catalogue, found);
    read.reply(binding.version, &binding)
}
