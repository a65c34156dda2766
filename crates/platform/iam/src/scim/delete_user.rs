//! Deprovisions a user.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, NoBody, ProblemResponse, Reply, ScimErrorBody};
use athyper_kernel_scim::USER;
use athyper_kernel_types::Id;
use axum::extract::{Path, State};

use super::user::check_is_user;
use super::{base_of, check_authority, id_of};
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::principal::{Principal, Status};
use crate::principal_status::enter_status;
use crate::store::principals;
use crate::{Deps, told};

/// Deprovision a user
///
/// For good: its sessions and its bindings end and it leaves its groups. The record stays, so that the trail keeps its
/// meaning, but no provisioning system finds it any more, and the name is free again.
#[utoipa::path(
    delete,
    path = "/scim/v2/{tenant}/Users/{id}",
    operation_id = "iam.scim_delete_user",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the user", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    responses((status = 204, description = "The user is gone"), (status = 404, description = "No such user in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_delete_user(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    base_of(&deps, cmd.caller(), &tenant)?;
    let id = Id::from_uuid(id_of(&USER, &id)?);
    let granter = Granter::of(&mut cmd, &deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    check_is_user(&principal)?;
    cmd.check_version(principal.version)?;
    let done = execute(&mut cmd.tx, &deps, &granter, principal).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    granter: &Granter,
    principal: Principal,
) -> Result<Done<Principal>, Error> {
    check_authority(principal.authority)?;
    let before = principal.status;
    let gone = enter_status(tx, deps, granter, principal, Status::Deprovisioned).await?.output;

    let event = told::about(AuditEvent::info("iam.scim_delete_user"), &gone).with("before", before.as_str());
    Ok(Done::new(gone, event))
}
