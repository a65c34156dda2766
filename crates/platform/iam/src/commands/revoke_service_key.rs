//! Revokes a key of a service.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathIds, ProblemResponse, Reply};
use serde_json::json;

use crate::error::{Error, Thing};
use crate::model::key::ServiceKey;
use crate::queries::list_service_keys::Revoked;
use crate::store::{keys, principals};

/// Revoke a key of a service
///
/// It is refused from the next request on.
#[utoipa::path(
    post,
    path = "/v1/iam/principals/{id}/keys/{key}/revoke",
    operation_id = "iam.revoke_service_key",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the service", format = Uuid), ("key" = String, Path, description = "Id of the key", format = Uuid)),
    responses((status = 200, description = "Which key was revoked", body = Revoked, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "revokedAt": "2025-01-15T09:00:00Z"})), ChangeProblems)
)]
pub(crate) async fn revoke_service_key(
    PathIds(id, key): PathIds<athyper_kernel_types::Principal, ServiceKey>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    principals::find(&mut cmd.tx, id).await.map_err(Error::from)?.ok_or(Error::NotFound(Thing::Principal))?;
    if !keys::revoke(&mut cmd.tx, id, key).await.map_err(Error::from)? {
        return Err(Error::NotFound(Thing::Key).into());
    }
    let event =
        AuditEvent::info("iam.revoke_service_key").about("iam.principal", id).with("keyId", json!(key));
    let reply = Reply::ok(&Revoked { id: key, revoked_at: cmd.tx.now() })?;
    cmd.finish(event, reply).await
}
