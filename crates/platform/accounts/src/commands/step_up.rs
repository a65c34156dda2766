//! Shows a second factor in a session, for operations that ask for a fresh one.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, ProblemResponse, Reply};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::factors::{Answer, ProvedBy, prove, usable};
use crate::model::secret::text_digest;
use crate::store::challenges::{self, Purpose};
use crate::store::{accounts, factors, proofs};
use crate::{Deps, me, policy};

/// A second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::StepUp)]
pub(crate) struct StepUp {
    /// The factor.
    answer: Answer,
    /// The challenge that a key signed, as `POST /v1/accounts/me/step-up/webauthn` gave it.
    #[serde(default)]
    challenge: Option<String>,
}

/// A factor that was proved.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::SteppedUp)]
pub(crate) struct SteppedUp {
    /// How.
    proved_by: ProvedBy,
    /// Until when it counts as fresh (UTC).
    fresh_until: DateTime<Utc>,
}

/// Show a second factor
///
/// Operations that answer 403 with the code `request.step_up_required` let you pass after it. A wrong factor counts as a
/// failed sign-in.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/step-up",
    operation_id = "accounts.step_up",
    tag = "accounts",
    request_body(content = StepUp, example = json!({"answer": {"type": "totp", "code": "287082"}})),
    responses(
        (status = 200, description = "The factor is fresh", body = SteppedUp,
            example = json!({"provedBy": "totp", "freshUntil": "2026-01-15T09:10:00Z"})),
        ChangeProblems
    )
)]
pub(crate) async fn step_up(
    State(deps): State<Deps>,
    mut cmd: Command<Json<StepUp>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let Some(done) = execute(&mut cmd.tx, &deps, &caller, &cmd.body.0).await? else {
        cmd.tx.commit(AuditEvent::warn("auth.mfa_challenge_failed").with("reason", "step_up")).await?;
        return Err(Error::CodeWrong.into());
    };
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

/// None when the factor is wrong; that counts as a failed sign-in.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    input: &StepUp,
) -> Result<Option<Done<SteppedUp>>, Error> {
    let (_, account) = me::lock(tx, deps, caller).await?;
    if account.is_locked(tx.now()) {
        return Err(Error::CodeWrong);
    }
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    let known = factors::of(tx, account.principal).await?;
    let candidates = usable(&known, &policy);
    if candidates.is_empty() {
        return Err(Error::NoFactor);
    }
    let mut asked = None;
    if let Some(challenge) = &input.challenge {
        let digest = text_digest(challenge);
        let found = challenges::lock(tx, &digest, Purpose::StepUp).await?;
        let found = found.filter(|found| found.principal == account.principal);
        asked = found.ok_or(Error::ChallengeGone)?.webauthn;
        // It is taken once, whatever the answer.
        challenges::remove(tx, &digest).await?;
    }
    let Some(proved_by) = prove(tx, deps, &account, &candidates, asked.as_deref(), &input.answer).await?
    else {
        let failed = account.failed(&policy, tx.now());
        accounts::set_failures(tx, &failed).await?;
        return Ok(None);
    };
    proofs::put(tx, account.principal, &me::session(caller), proved_by.as_str()).await?;

    let event = AuditEvent::info("accounts.step_up")
        .about("accounts.account", account.principal)
        .with("provedBy", proved_by.as_str())
        .with("securityEvent", "mfa_challenge_success");
    let fresh_until = tx.now() + TimeDelta::minutes(i64::from(deps.settings.step_up_minutes));
    Ok(Some(Done::new(SteppedUp { proved_by, fresh_until }, event)))
}
