//! Removes all second factors of a person who has lost them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Principal, PrincipalId};
use axum::extract::State;

use crate::Deps;
use crate::error::Error;
use crate::queries::get_account::{AccountView, shown};
use crate::store::{accounts, challenges, factors, proofs, recovery_codes};

/// Remove all second factors of a person
///
/// Recovery codes go too, and all sessions end. Where a factor is required, the next sign-in begins with a new one.
#[utoipa::path(
    delete,
    path = "/v1/accounts/people/{id}/factors",
    operation_id = "accounts.remove_factors",
    tag = "accounts",
    params(("id" = String, Path, description = "Id of the person", format = Uuid)),
    responses((status = 200, description = "The account as it is now", body = AccountView,
        example = json!({"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "login": "zoe", "state": "active",
            "mfaRequired": false, "factors": 0, "version": 2, "createdAt": "2026-01-15T09:00:00Z"})), ChangeProblems)
)]
pub(crate) async fn remove_factors(
    State(deps): State<Deps>,
    PathId(id): PathId<Principal>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, id).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    id: PrincipalId,
) -> Result<Done<AccountView>, Error> {
    let account = accounts::lock(tx, id).await?.ok_or(Error::NotFound)?;
    let known = factors::of(tx, id).await?;
    let ids: Vec<_> = known.iter().map(|factor| factor.id).collect();

    let removed = factors::remove(tx, id, &ids).await?;
    recovery_codes::remove_of(tx, id).await?;
    challenges::remove_of(tx, id).await?;
    proofs::remove_of(tx, id).await?;
    deps.sessions.end_all(tx, id, "factors_removed").await?;

    let event = AuditEvent::info("accounts.remove_factors")
        .about("accounts.account", id)
        .with("removed", removed)
        .with("securityEvent", "mfa_disabled");
    Ok(Done::new(shown(tx, deps, &account).await?, event))
}
