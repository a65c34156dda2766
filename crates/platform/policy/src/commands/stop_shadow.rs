//! Ends asking a draft beside what is in force.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use serde_json::json;

use crate::commands::{event, locked};
use crate::error::Error;
use crate::model::policy::StoredPolicy;
use crate::model::shadow::{EndReason, Shadow};
use crate::shadow::end;

/// Stop the shadow of a draft
///
/// What it has found is kept as long as decisions are.
#[utoipa::path(
    delete,
    path = "/v1/policy/policies/{id}/shadow",
    operation_id = "policy.stop_shadow",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "The shadow as it was then", body = Shadow), ChangeProblems)
)]
pub(crate) async fn stop_shadow(
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    let done = execute(&mut cmd.tx, &policy).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, policy: &StoredPolicy) -> Result<Done<Shadow>, Error> {
    let ended = end(tx, policy.id, EndReason::Stopped).await?;
    let shadow = ended.ok_or(Error::NotInShadow)?;
    let event = event("policy.stop_shadow", policy)
        .with("shadow", shadow.id.to_string())
        .with("asked", json!(shadow.asked));
    Ok(Done::new(shadow, event))
}
