//! Gives new recovery codes in place of the former ones.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::factors::renew_codes;
use crate::{Deps, fresh, me};

/// Codes to keep on paper. They are shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::RecoveryCodes)]
pub(crate) struct RecoveryCodes {
    /// Each can be used once. A repetition under the same key shows none.
    recovery_codes: Vec<String>,
}

/// Get new recovery codes
///
/// Asks for a fresh second factor. The former codes are useless from then on.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/recovery-codes",
    operation_id = "accounts.renew_recovery_codes",
    tag = "accounts",
    responses(
        (status = 200, description = "The codes, shown this once", body = RecoveryCodes,
            example = json!({"recoveryCodes": ["3f8k-0a2m-9xqz-7v1c"]})),
        ChangeProblems
    )
)]
pub(crate) async fn renew_recovery_codes(
    State(deps): State<Deps>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller).await?;
    // Codes are stored nowhere in clear, for a repetition either.
    let kept = Reply::ok(&RecoveryCodes { recovery_codes: Vec::new() })?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish_once(done.event, reply, &kept).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
) -> Result<Done<RecoveryCodes>, Error> {
    let (_, account) = me::lock(tx, deps, caller).await?;
    let now = tx.now();
    fresh::require(tx, deps, caller, now).await?;
    let recovery_codes = renew_codes(tx, account.principal).await?;
    let event = AuditEvent::info("accounts.renew_recovery_codes")
        .about("accounts.account", account.principal)
        .with("securityEvent", "backup_codes_regenerated");
    Ok(Done::new(RecoveryCodes { recovery_codes }, event))
}
