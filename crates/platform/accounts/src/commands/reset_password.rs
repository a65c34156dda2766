//! Sends a person a link to set another password.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Principal, PrincipalId};
use axum::extract::State;

use crate::Deps;
use crate::error::Error;
use crate::letters;
use crate::queries::get_account::{AccountView, shown};
use crate::store::accounts;
use crate::store::links::LinkPurpose;

/// Have a password reset
///
/// The person gets a link by mail. The present password and all sessions stay until the link is used.
#[utoipa::path(
    post,
    path = "/v1/accounts/people/{id}/reset",
    operation_id = "accounts.reset_password",
    tag = "accounts",
    params(("id" = String, Path, description = "Id of the person", format = Uuid)),
    responses((status = 200, description = "The account, whose link is on its way", body = AccountView,
        example = json!({"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "login": "zoe", "state": "active",
            "mfaRequired": false, "factors": 1, "version": 2, "createdAt": "2026-01-15T09:00:00Z"})), ChangeProblems)
)]
pub(crate) async fn reset_password(
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
    let context = tx.context().clone();
    let person = deps.people.by_id(tx.conn(), &context, id).await?.ok_or(Error::PersonNotFound)?;
    if !person.is_active {
        return Err(Error::NotActive);
    }

    letters::send_link(tx, deps, &person, LinkPurpose::Reset).await?;

    let event = AuditEvent::info("accounts.reset_password")
        .about("accounts.account", id)
        .with("securityEvent", "recovery_initiated");
    Ok(Done::new(shown(tx, deps, &account).await?, event))
}
