//! Begins to ask a draft beside what is in force.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{event, locked};
use crate::error::Error;
use crate::model::policy::StoredPolicy;
use crate::model::shadow::{LONGEST, MAX_SHADOWS, MOST_ONE_IN, Shadow, ShadowId, USUAL};
use crate::shadow::changed;
use crate::store::shadows;
use crate::trial::check_publishable;

/// How to ask.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::StartShadow)]
pub(crate) struct StartShadow {
    /// Until when (UTC), at most 30 days from now; for 7 days when left out.
    #[serde(default)]
    until: Option<DateTime<Utc>>,
    /// Of so many decisions one is asked again, by chance; all when left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    one_in: Option<i32>,
}

/// Start the shadow of a draft
///
/// From within a second on, all nodes ask decisions again as if the draft were in force, after they were made, and keep where the
/// answer is another. Nothing is decided by it. The draft has no faults and its tests pass, as at its submission; later changes of it
/// are not part of the shadow. It ends when it is stopped, at the stated time, and when the policy is published or archived.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/shadow",
    operation_id = "policy.start_shadow",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    request_body(content = StartShadow, example = json!({"oneIn": 1})),
    responses((status = 200, description = "The shadow", body = Shadow), ChangeProblems)
)]
pub(crate) async fn start_shadow(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<StartShadow>>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    let done = execute(&mut cmd.tx, &deps, &policy, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    policy: &StoredPolicy,
    input: &StartShadow,
) -> Result<Done<Shadow>, Error> {
    let now = tx.now();
    let (ends_at, one_in) = (input.until.unwrap_or(now + USUAL), input.one_in.unwrap_or(1));
    let mut wrong = Vec::new();
    if ends_at <= now || ends_at > now + LONGEST {
        let message = format!("a time to come, at most {} days from now", LONGEST.num_days());
        wrong.push(FieldError::new("/until", "invalid", message));
    }
    if !(1..=MOST_ONE_IN).contains(&one_in) {
        wrong.push(FieldError::new("/oneIn", "invalid", format!("1 to {MOST_ONE_IN}")));
    }
    if !wrong.is_empty() {
        return Err(Error::WrongQuestion(wrong));
    }
    let Some(document) = &policy.draft else { return Err(Error::NoDraft) };
    let others = shadows::policies_in_shadow(tx, now).await?;
    if others.contains(&policy.id) {
        return Err(Error::InShadow);
    }
    if i64::try_from(others.len()).unwrap_or(i64::MAX) >= MAX_SHADOWS {
        return Err(Error::TooManyShadows);
    }
    check_publishable(tx, deps, policy, document).await?;
    let shadow = Shadow {
        id: ShadowId::new(tx.clock()),
        policy_id: policy.id,
        policy_version: policy.version,
        running: true,
        one_in,
        started_at: now,
        started_by: tx.context().actor().id.clone(),
        ends_at,
        end_reason: None,
        ended_by: None,
        asked: 0,
        loses: 0,
        gains: 0,
        differs: 0,
        skipped: 0,
    };
    shadows::insert(tx, &shadow, document).await?;
    changed(tx).await?;
    let event = event("policy.start_shadow", policy)
        .with("shadow", shadow.id.to_string())
        .with("endsAt", json!(ends_at))
        .with("oneIn", json!(one_in));
    Ok(Done::new(shadow, event))
}
