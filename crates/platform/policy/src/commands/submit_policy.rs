//! Hands a draft over for review.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::{event, locked, who};
use crate::error::Error;
use crate::model::policy::{DraftState, StoredPolicy};
use crate::store::policies;
use crate::trial::check_publishable;

/// Submit a policy's draft for review
///
/// The draft has no faults, and has tests that all pass, against what would be in force with it.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/submit",
    operation_id = "policy.submit_policy",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "The policy as it is now", body = StoredPolicy), ChangeProblems)
)]
pub(crate) async fn submit_policy(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    cmd.check_version(policy.version)?;
    let by = who(cmd.caller());
    let done = execute(&mut cmd.tx, &deps, &by, policy).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    by: &str,
    policy: StoredPolicy,
) -> Result<Done<StoredPolicy>, Error> {
    if policy.draft_state == Some(DraftState::InReview) {
        return Err(Error::InReview);
    }
    let Some(document) = policy.draft.clone() else { return Err(Error::NoDraft) };
    let tests = check_publishable(tx, deps, &policy, &document).await?;
    let submitted =
        StoredPolicy { draft_state: Some(DraftState::InReview), submitted_by: Some(by.to_owned()), ..policy };
    let policy = policies::update(tx, submitted).await?;
    let event = event("policy.submit_policy", &policy).with("tests", tests);
    Ok(Done::new(policy, event))
}
