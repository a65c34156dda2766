//! Shuts a principal out for now.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::model::principal::{Principal, Status};
use crate::principal_status::set_status;

/// Suspend a principal
///
/// Shut out at once on every process, whatever its token or key says, until it is activated again.
#[utoipa::path(
    post,
    path = "/v1/iam/principals/{id}/suspend",
    operation_id = "iam.suspend_principal",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    responses((status = 200, description = "The principal as it is now", body = Principal, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "kind": "user", "status": "suspended", "authority": "local", "userName": "ada", "profile": {}, "version": 2,
        "createdAt": "2025-01-15T09:00:00Z", "updatedAt": "2025-01-15T09:30:00Z"})), ChangeProblems)
)]
pub(crate) async fn suspend_principal(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_types::Principal>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    set_status(&deps, cmd, id, Status::Suspended).await
}
