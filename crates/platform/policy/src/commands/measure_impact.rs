//! Says who would gain and lose what by a draft.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, start_operation};
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{event, found};
use crate::error::Error;
use crate::impact::{Impact, Look};
use crate::jobs::measure_impact::MeasureImpact;
use crate::model::policy::StoredPolicy;

/// Questions that a request asks at most, of principals about records.
const MOST: usize = 20_000;

/// How far to look.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::MeasureImpact)]
pub(crate) struct MeasureImpactBody {
    /// Whether a job looks at more principals than a request has time for.
    #[serde(default)]
    by_job: bool,
}

/// Measure the impact of a draft
///
/// Who gains and who loses what: every operation that the changed rules are about is asked for every active principal, now and with the
/// draft, for all records and on the newest 50 of each entity that the rules name. At how many it has looked, and whether these were all, is
/// said; a request asks 20,000 questions at most, a job 2,000,000, and its operation has the answer as its result. Nothing is changed.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/impact",
    operation_id = "policy.measure_impact",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    request_body(content = MeasureImpactBody, example = json!({"byJob": false})),
    responses(
        (status = 200, description = "The impact", body = Impact),
        (status = 202, description = "The operation to follow; its result is the impact", body = athyper_kernel_jobs::Operation),
        ChangeProblems
    )
)]
pub(crate) async fn measure_impact(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<MeasureImpactBody>>,
) -> Result<Reply, ProblemResponse> {
    let policy = found(&mut cmd.tx, id).await?;
    if cmd.body.0.by_job {
        policy.draft.as_ref().ok_or(Error::NoDraft)?;
        let payload = MeasureImpact { policy: policy.id, version: policy.version };
        let job = NewJob::new(&payload)?;
        let operation = start_operation(&mut cmd.tx, "policy.measure_impact", job).await?;
        let event = event("policy.measure_impact", &policy).with("operation", operation.id.to_string());
        let reply = accepted(&operation)?;
        return cmd.finish(event, reply).await;
    }
    let done = execute(&mut cmd.tx, &deps, &policy).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    policy: &StoredPolicy,
) -> Result<Done<Impact>, Error> {
    let Some(draft) = &policy.draft else { return Err(Error::NoDraft) };
    let mut look = Look::begin(tx, deps, policy, draft).await?;
    while look.page(tx, deps, MOST).await? {}
    let event = event("policy.measure_impact", policy).with("principals", json!(look.looked_at()));
    Ok(Done::new(look.found(), event))
}
