//! Confirms a factor of codes by its first code.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::factors::{Answer, first_codes, prove};
use crate::model::factor::{Factor, FactorId};
use crate::store::{accounts, factors, proofs};
use crate::{Deps, me, policy};

/// The first code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::ConfirmTotp)]
pub(crate) struct ConfirmTotp {
    /// Six digits.
    #[schema(example = "287082", write_only)]
    code: String,
}

/// What came with a factor that counts now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::FactorConfirmed)]
pub(crate) struct Confirmed {
    /// Id of the factor.
    pub(crate) id: FactorId,
    /// Codes to keep on paper, where the account had none. They are shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recovery_codes: Option<Vec<String>>,
}

impl Confirmed {
    /// What is kept for a repetition: codes are stored nowhere in clear.
    pub(crate) fn without_codes(&self) -> Self {
        Self { id: self.id, recovery_codes: None }
    }
}

/// Confirm codes of an authenticator program
#[utoipa::path(
    post,
    path = "/v1/accounts/me/factors/{id}/confirm",
    operation_id = "accounts.confirm_totp",
    tag = "accounts",
    params(("id" = String, Path, description = "Id of the factor", format = Uuid)),
    request_body(content = ConfirmTotp, example = json!({"code": "287082"})),
    responses(
        (status = 200, description = "The factor counts", body = Confirmed,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "recoveryCodes": ["3f8k-0a2m-9xqz-7v1c"]})),
        ChangeProblems
    )
)]
pub(crate) async fn confirm_totp(
    State(deps): State<Deps>,
    PathId(id): PathId<Factor>,
    mut cmd: Command<Json<ConfirmTotp>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let code = cmd.body.0.code.clone();
    let Some(done) = execute(&mut cmd.tx, &deps, &caller, id, code).await? else {
        let event = AuditEvent::warn("auth.mfa_challenge_failed").about("accounts.factor", id);
        cmd.tx.commit(event).await?;
        return Err(Error::CodeWrong.into());
    };
    let kept = Reply::ok(&done.output.without_codes())?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish_once(done.event, reply, &kept).await
}

/// None when the code is wrong; that counts as a failed sign-in.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    id: FactorId,
    code: String,
) -> Result<Option<Done<Confirmed>>, Error> {
    let (_, account) = me::lock(tx, deps, caller).await?;
    let known = factors::of(tx, account.principal).await?;
    let factor = known.iter().find(|factor| factor.id == id).ok_or(Error::FactorNotFound)?;
    if factor.is_confirmed {
        return Err(Error::FactorConfirmed);
    }
    if account.is_locked(tx.now()) {
        return Err(Error::CodeWrong);
    }
    if prove(tx, deps, &account, &[factor], None, &Answer::Totp { code }).await?.is_none() {
        let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
        let failed = account.failed(&policy, tx.now());
        accounts::set_failures(tx, &failed).await?;
        return Ok(None);
    }
    let recovery_codes = first_codes(tx, account.principal).await?;
    proofs::put(tx, account.principal, &me::session(caller), "totp").await?;

    let event = AuditEvent::info("accounts.confirm_totp")
        .about("accounts.factor", id)
        .with("securityEvent", "mfa_enrolled");
    Ok(Some(Done::new(Confirmed { id, recovery_codes }, event)))
}
