//! Puts a draft in force, by somebody who has not written it.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::{event, locked, who};
use crate::error::Error;
use crate::live::changed;
use crate::model::policy::{DraftState, PolicyVersion, StoredPolicy};
use crate::model::shadow::EndReason;
use crate::shadow::end;
use crate::store::{policies, versions};
use crate::trial::{check_publishable, check_way_back};

/// Publish a policy's draft
///
/// By somebody who is none of its authors and has not submitted it. Its tests pass once more, against what is in force by now. It
/// binds requests on all nodes within a second. What would keep the one who publishes it from taking it back is refused.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/publish",
    operation_id = "policy.publish_policy",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "The policy as it is now", body = StoredPolicy), ChangeProblems)
)]
pub(crate) async fn publish_policy(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    cmd.check_version(policy.version)?;
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller, policy).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    policy: StoredPolicy,
) -> Result<Done<StoredPolicy>, Error> {
    let by = who(caller);
    if policy.draft_state != Some(DraftState::InReview) {
        return Err(Error::NotInReview);
    }
    let Some(document) = policy.draft.clone() else { return Err(Error::NoDraft) };
    let has_part = policy.draft_authors.contains(&by) || policy.submitted_by.as_ref() == Some(&by);
    if has_part {
        return Err(Error::OwnWork);
    }
    // Before the tests: they are held against what nobody changes any more.
    let number = changed(tx).await?;
    check_publishable(tx, deps, &policy, &document).await?;
    check_way_back(tx, deps, caller.rights(), (&policy, &document)).await?;

    let version = PolicyVersion {
        version: policy.published_version.unwrap_or_default() + 1,
        document,
        authors: policy.draft_authors.clone(),
        rolled_back_to: None,
        published_at: tx.now(),
        published_by: by,
    };
    versions::insert(tx, policy.id, &version).await?;
    let policy = policies::update(tx, in_force(policy, version.version)).await?;
    end(tx, policy.id, EndReason::Published).await?;
    let event = event("policy.publish_policy", &policy)
        .with("version", version.version)
        .with("number", number)
        .with("authors", version.authors);
    Ok(Done::new(policy, event))
}

/// The policy with this version in force and no draft.
fn in_force(policy: StoredPolicy, version: i64) -> StoredPolicy {
    StoredPolicy {
        draft: None,
        draft_state: None,
        draft_authors: Vec::new(),
        submitted_by: None,
        published_version: Some(version),
        archived_at: None,
        ..policy
    }
}
