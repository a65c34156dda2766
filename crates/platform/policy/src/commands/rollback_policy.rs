//! Puts the rules of an earlier version in force again.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{event, locked, who};
use crate::error::{Error, Thing};
use crate::live::changed;
use crate::model::policy::{PolicyVersion, StoredPolicy};
use crate::store::{policies, versions};
use crate::trial::{below, check_way_back, faults};

/// To which version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::RollbackPolicy)]
pub(crate) struct RollbackPolicy {
    /// The version whose rules are taken up again.
    version: i64,
}

/// Roll a policy back
///
/// The rules of an earlier version become the next version, at once: they were looked at when they were published. They must still
/// have no faults. The draft stays as it is.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/rollback",
    operation_id = "policy.rollback_policy",
    tag = "policy",
    params(
        ("id" = String, Path, description = "Id of the policy", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = RollbackPolicy, example = json!({"version": 1})),
    responses((status = 200, description = "The policy as it is now", body = StoredPolicy), ChangeProblems)
)]
pub(crate) async fn rollback_policy(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<RollbackPolicy>>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    cmd.require_version(policy.version)?;
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller, policy, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    policy: StoredPolicy,
    input: &RollbackPolicy,
) -> Result<Done<StoredPolicy>, Error> {
    let Some(current) = policy.published_version else { return Err(Error::NotInForce) };
    let found = versions::find(tx, policy.id, input.version).await?;
    let found = found.ok_or(Error::UnknownReference { pointer: "/version", what: Thing::Version })?;
    if found.version == current && policy.archived_at.is_none() {
        return Err(Error::SameVersion);
    }
    let wrong = faults(tx, deps, &found.document).await?;
    if !wrong.is_empty() {
        return Err(Error::Faulty(below("/document", wrong)));
    }
    let number = changed(tx).await?;
    check_way_back(tx, deps, caller.rights(), (&policy, &found.document)).await?;
    let version = PolicyVersion {
        version: current + 1,
        rolled_back_to: Some(found.version),
        published_at: tx.now(),
        published_by: who(caller),
        ..found
    };
    versions::insert(tx, policy.id, &version).await?;
    let back = StoredPolicy { published_version: Some(version.version), archived_at: None, ..policy };
    let policy = policies::update(tx, back).await?;
    let event = event("policy.rollback_policy", &policy)
        .with("version", version.version)
        .with("to", input.version)
        .with("number", number);
    Ok(Done::new(policy, event))
}
