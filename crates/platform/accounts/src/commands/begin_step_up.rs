//! Asks the keys of one's own account for an answer.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use axum::extract::State;
use chrono::TimeDelta;

use super::begin_webauthn_sign_in::AssertionOptions;
use crate::error::Error;
use crate::factors::{credential_ids, usable};
use crate::model::secret::{random_text, text_digest};
use crate::store::challenges::{self, Purpose};
use crate::store::factors;
use crate::{Deps, me, policy};

/// Ask for a security key
///
/// For `POST /v1/accounts/me/step-up`; a code needs no asking.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/step-up/webauthn",
    operation_id = "accounts.begin_step_up",
    tag = "accounts",
    responses(
        (status = 200, description = "What the browser asks the authenticator", body = AssertionOptions,
            example = json!({"challenge": "q9Xv…", "rpId": "id.example.com", "allowCredentials": ["b2Jq…"],
                "userVerification": "discouraged", "timeout": 300_000})),
        ChangeProblems
    )
)]
pub(crate) async fn begin_step_up(
    State(deps): State<Deps>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
) -> Result<Done<AssertionOptions>, Error> {
    let (_, account) = me::lock(tx, deps, caller).await?;
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    let known = factors::of(tx, account.principal).await?;
    let ids = credential_ids(&usable(&known, &policy));
    if ids.is_empty() {
        return Err(Error::NoFactor);
    }
    let challenge = random_text()?.to_string();
    let expires_at = tx.now() + TimeDelta::minutes(i64::from(deps.settings.challenge_minutes));
    let digest = text_digest(&challenge);
    challenges::insert(tx, &digest, account.principal, Purpose::StepUp, Some(&challenge), expires_at).await?;
    let event = AuditEvent::info("accounts.begin_step_up").about("accounts.account", account.principal);
    Ok(Done::new(AssertionOptions::new(deps, challenge, ids), event))
}
