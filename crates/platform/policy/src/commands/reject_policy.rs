//! Gives a draft back to its authors.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Text;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::{event, locked};
use crate::error::Error;
use crate::model::policy::{DraftState, StoredPolicy};
use crate::store::policies;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::RejectPolicy)]
pub(crate) struct RejectPolicy {
    /// What is to be mended.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Text<1, 500>,
}

/// Reject a policy's draft
///
/// The draft may be changed again. The trail has the reason.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/reject",
    operation_id = "policy.reject_policy",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    request_body(content = RejectPolicy, example = json!({"reason": "auditors have to see it as well"})),
    responses((status = 200, description = "The policy as it is now", body = StoredPolicy), ChangeProblems)
)]
pub(crate) async fn reject_policy(
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<RejectPolicy>>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    cmd.check_version(policy.version)?;
    let done = execute(&mut cmd.tx, policy, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    policy: StoredPolicy,
    input: &RejectPolicy,
) -> Result<Done<StoredPolicy>, Error> {
    if policy.draft_state != Some(DraftState::InReview) {
        return Err(Error::NotInReview);
    }
    let back = StoredPolicy { draft_state: Some(DraftState::Draft), submitted_by: None, ..policy };
    let policy = policies::update(tx, back).await?;
    let event = event("policy.reject_policy", &policy).message(input.reason.as_str().to_owned());
    Ok(Done::new(policy, event))
}
