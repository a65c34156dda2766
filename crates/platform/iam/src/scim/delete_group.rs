//! Removes a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, NoBody, ProblemResponse, Reply, ScimErrorBody};
use athyper_kernel_scim::GROUP;
use athyper_kernel_types::Id;
use axum::extract::{Path, State};

use super::{base_of, check_authority, id_of};
use crate::Deps;
use crate::commands::delete_group;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::group::Group;
use crate::store::groups;

/// Remove a group
///
/// Its members leave it and its bindings end.
#[utoipa::path(
    delete,
    path = "/scim/v2/{tenant}/Groups/{id}",
    operation_id = "iam.scim_delete_group",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the group", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    responses((status = 204, description = "The group is gone"), (status = 404, description = "No such group in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_delete_group(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    base_of(&deps, cmd.caller(), &tenant)?;
    let id = Id::from_uuid(id_of(&GROUP, &id)?);
    let granter = Granter::of(&mut cmd, &deps).await?;
    let group = groups::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.check_version(group.version)?;
    let done = execute(&mut cmd.tx, &granter, group).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
) -> Result<Done<Group>, Error> {
    check_authority(group.authority)?;
    let gone = delete_group::execute(tx, granter, group).await?.output;

    let event = AuditEvent::info("iam.scim_delete_group")
        .about("iam.group", gone.id)
        .with("displayName", gone.display_name.as_str());
    Ok(Done::new(gone, event))
}
