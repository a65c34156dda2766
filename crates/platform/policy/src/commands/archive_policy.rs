//! Takes a policy out of force.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use crate::commands::{event, locked};
use crate::error::Error;
use crate::live::changed;
use crate::model::policy::{PolicyState, StoredPolicy};
use crate::model::shadow::EndReason;
use crate::shadow::end;
use crate::store::policies;

/// Archive a policy
///
/// Its rules do not hold any more, its denials among them. It comes into force again by a rollback or a new version.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/archive",
    operation_id = "policy.archive_policy",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "The policy as it is now", body = StoredPolicy), ChangeProblems)
)]
pub(crate) async fn archive_policy(
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    cmd.check_version(policy.version)?;
    let done = execute(&mut cmd.tx, policy).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, policy: StoredPolicy) -> Result<Done<StoredPolicy>, Error> {
    if policy.state != PolicyState::Published {
        return Err(Error::NotInForce);
    }
    let number = changed(tx).await?;
    let now = tx.now();
    let policy = policies::update(tx, StoredPolicy { archived_at: Some(now), ..policy }).await?;
    end(tx, policy.id, EndReason::Archived).await?;
    let event = event("policy.archive_policy", &policy).with("number", number);
    Ok(Done::new(policy, event))
}
