//! Asks decisions of the log again under a draft.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::commands::{event, found, with_draft};
use crate::error::Error;
use crate::model::policy::StoredPolicy;
use crate::replay::{Replay, Replayer};
use crate::store::replays;

/// Decisions that a request asks again when it does not say.
const USUAL: i64 = 200;
/// Most decisions that a request asks again.
const MOST: i64 = 1_000;

/// Which decisions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::ReplayDecisions)]
pub(crate) struct ReplayDecisions {
    /// Those from this time (UTC).
    from: DateTime<Utc>,
    /// Up to this time (UTC).
    to: DateTime<Utc>,
    /// Those before this one: `next` of the answer before.
    #[serde(default)]
    before: Option<Uuid>,
    /// At most so many, 200 when left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Replay decisions against a draft
///
/// Decisions of the log are asked again as if the draft were in force, the newest of the period first: how many are answered as they were,
/// which are newly allowed or denied and by which rules, and how many cannot be asked again and why. Roles, time, channel and strength of the
/// sign-in are those of the decision, the record and groups are as they are now. Nothing is changed, and the log is not told.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/replay",
    operation_id = "policy.replay_decisions",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    request_body(content = ReplayDecisions, example = json!({"from": "2025-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"})),
    responses((status = 200, description = "What became of them", body = Replay), ChangeProblems)
)]
pub(crate) async fn replay_decisions(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<ReplayDecisions>>,
) -> Result<Reply, ProblemResponse> {
    let policy = found(&mut cmd.tx, id).await?;
    let done = execute(&mut cmd.tx, &deps, &policy, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    policy: &StoredPolicy,
    input: &ReplayDecisions,
) -> Result<Done<Replay>, Error> {
    let limit = input.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let fault = FieldError::new("/limit", "invalid", format!("1 to {MOST}"));
        return Err(Error::WrongQuestion(vec![fault]));
    }
    let Some(draft) = &policy.draft else { return Err(Error::NoDraft) };
    let [live, after] = with_draft(tx, deps, (policy, draft)).await?;
    let mut kept = replays::list(tx, (input.from, input.to), input.before, limit + 1).await?;
    let has_more = i64::try_from(kept.len()).is_ok_and(|found| found > limit);
    kept.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = kept.last().map(|kept| kept.id);
    let mut replayer = Replayer::new(deps, live, after);
    for decision in kept {
        replayer.replay(tx, decision).await?;
    }
    let mut replay = replayer.found;
    replay.next = last.filter(|_| has_more);
    let event = event("policy.replay_decisions", policy).with("decisions", json!(replay.looked_at));
    Ok(Done::new(replay, event))
}
