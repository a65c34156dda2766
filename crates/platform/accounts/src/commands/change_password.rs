//! Changes one's own password.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, ProblemResponse, Reply};
use axum::extract::State;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::hashing::{Turn, Verified};
use crate::queries::get_own_account::{OwnAccount, view};
use crate::store::accounts;
use crate::{Deps, me, passwords, policy};

/// The present password and the new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::ChangePassword)]
pub(crate) struct ChangePassword {
    /// The present password.
    #[schema(value_type = String, format = Password)]
    current: SecretString,
    /// The new password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Change your password
///
/// All your sessions end, this one included. A wrong present password counts as a failed sign-in.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/password",
    operation_id = "accounts.change_password",
    tag = "accounts",
    request_body(content = ChangePassword, example = json!({"current": "Correct-horse-7", "password": "Battery-staple-8"})),
    responses(
        (status = 200, description = "The account as it is now", body = OwnAccount,
            example = json!({"login": "zoe", "passwordChangedAt": "2026-01-15T09:00:00Z", "mfaRequired": false,
                "recoveryCodesLeft": 10})),
        ChangeProblems
    )
)]
pub(crate) async fn change_password(
    State(deps): State<Deps>,
    mut cmd: Command<Json<ChangePassword>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let Some(done) = execute(&mut cmd.tx, &deps, &caller, &cmd.body.0).await? else {
        cmd.tx.commit(AuditEvent::warn("auth.login_failed").with("reason", "wrong_present_password")).await?;
        return Err(Error::PasswordWrong.into());
    };
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

/// None when the present password is another; that counts as a failed sign-in.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    input: &ChangePassword,
) -> Result<Option<Done<OwnAccount>>, Error> {
    let (person, account) = me::lock(tx, deps, caller).await?;
    let tenant = tx.tenant_id();
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    if account.is_locked(tx.now()) {
        return Err(Error::PasswordWrong);
    }
    // A connection is held here, so nobody waits for a turn.
    let hash = account.password_hash.as_deref();
    if deps.hasher.verify(tenant, &input.current, hash, Turn::Now).await? == Verified::Wrong {
        let failed = account.failed(&policy, tx.now());
        accounts::set_failures(tx, &failed).await?;
        return Ok(None);
    }
    let former = passwords::check_new(tx, &account, &person, &policy, &input.password).await?;
    let hash = passwords::hash_new(deps, tenant, &former, &input.password, Turn::Now).await?;
    passwords::store(tx, deps, &account, &hash, "password_changed").await?;

    let event = AuditEvent::info("accounts.change_password").about("accounts.account", account.principal);
    let now = view(tx, deps, caller.context().realm_key(), &person).await?.ok_or(Error::NoAccount)?;
    Ok(Some(Done::new(now, event)))
}
