//! How a principal goes from one status to another, and what goes with it. The commands and SCIM both come here.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_types::PrincipalId;

use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::principal::{Principal, Status};
use crate::queries::get_principal::resource;
use crate::store::{bindings, keys, links, members, principals};
use crate::{Deps, told};

/// What a command does that moves a principal to another status.
pub(crate) async fn set_status(
    deps: &Deps,
    mut cmd: Command<NoBody>,
    id: PrincipalId,
    to: Status,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    cmd.caller().check_on(&resource(&principal))?;
    cmd.check_version(principal.version)?;
    let done = enter_status(&mut cmd.tx, deps, &granter, principal, to).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Moves a locked principal to another status, where it may go there.
///
/// # Errors
/// What the state machine, delegated administration or the last administrator forbid.
pub(crate) async fn enter_status(
    tx: &mut TenantTx,
    deps: &Deps,
    granter: &Granter,
    principal: Principal,
    to: Status,
) -> Result<Done<Principal>, Error> {
    if !principal.status.may_become(to) {
        return Err(Error::PrincipalStatus { from: principal.status, to });
    }
    if to == Status::Active {
        granter.check_all_of(tx, principal.id).await?;
    }
    let guard = Guard::before(tx, granter, Vec::new()).await?;

    principals::set_status(tx, principal.id, to).await?;
    if to == Status::Deprovisioned {
        bindings::end_of(tx, principal.id).await?;
        keys::revoke_all(tx, principal.id).await?;
        members::leave_all(tx, principal.id).await?;
    }
    if to != Status::Active {
        for link in links::of(tx, principal.id).await? {
            deps.sessions.end_sessions(tx, &link.provider, &link.subject).await?;
        }
        // Of local accounts, and of providers of the tenant: their subject is the principal.
        let realm_key = tx.context().realm_key().to_owned();
        deps.sessions.end_sessions(tx, &realm_key, &principal.id.to_string()).await?;
    }
    guard.after(tx).await?;

    let kind = match to {
        Status::Active => "iam.activate_principal",
        Status::Suspended => "iam.suspend_principal",
        Status::Deprovisioned => "iam.deprovision_principal",
    };
    let event = told::about(AuditEvent::info(kind), &principal).with("before", principal.status.as_str());
    let changed = Principal { status: to, version: principal.version + 1, updated_at: tx.now(), ..principal };
    Ok(Done::new(changed, event))
}
