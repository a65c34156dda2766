//! Removes one of one's own factors.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::error::Error;
use crate::factors::usable;
use crate::model::factor::{Factor, FactorId, FactorView};
use crate::store::factors;
use crate::{Deps, fresh, me, policy};

/// Remove one of your second factors
///
/// Asks for a fresh second factor. The last one stays where one is required.
#[utoipa::path(
    delete,
    path = "/v1/accounts/me/factors/{id}",
    operation_id = "accounts.remove_own_factor",
    tag = "accounts",
    params(("id" = String, Path, description = "Id of the factor", format = Uuid)),
    responses(
        (status = 200, description = "The factor as it was", body = FactorView,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "totp", "label": "Phone",
                "confirmed": true, "createdAt": "2026-01-15T09:00:00Z"})),
        ChangeProblems
    )
)]
pub(crate) async fn remove_own_factor(
    State(deps): State<Deps>,
    PathId(id): PathId<Factor>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller, id).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    id: FactorId,
) -> Result<Done<FactorView>, Error> {
    let (_, account) = me::lock(tx, deps, caller).await?;
    let known = factors::of(tx, account.principal).await?;
    let factor = known.iter().find(|factor| factor.id == id).ok_or(Error::FactorNotFound)?;
    let now = tx.now();
    fresh::require(tx, deps, caller, now).await?;
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    let left = usable(&known, &policy).iter().filter(|other| other.id != id).count();
    if left == 0 && factor.is_confirmed && (policy.mfa_required || account.mfa_required) {
        return Err(Error::LastFactor);
    }

    factors::remove(tx, account.principal, &[id]).await?;

    let event = AuditEvent::info("accounts.remove_own_factor")
        .about("accounts.factor", id)
        .with("type", factor.kind.kind().as_str())
        .with("securityEvent", "mfa_disabled");
    Ok(Done::new(FactorView::from(factor), event))
}
