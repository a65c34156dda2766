//! Changes parts of a group.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson, UrlQuery};
use athyper_kernel_scim::{AttributeQuery, GROUP, PatchOperation, PatchRequest, Selection, apply};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};

use super::group::GroupResource;
use super::replace_group::store;
use super::resources::{members_of, one_group};
use super::{Refusal, base_of, id_of};
use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::group::Group;
use crate::store::groups;

/// Change parts of a group
///
/// All operations or none (RFC 7644, section 3.5.2). Who adds members has to hold all that is bound to the group.
#[utoipa::path(
    patch,
    path = "/scim/v2/{tenant}/Groups/{id}",
    operation_id = "iam.scim_patch_group",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the group", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant"), AttributeQuery),
    request_body(content = PatchRequest, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": [{"value": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"}]}]})),
    responses((status = 200, description = "The group as it is now", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "displayName": "Tour guides",
            "meta": {"resourceType": "Group", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Groups/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 404, description = "No such group in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_patch_group(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    UrlQuery(query): UrlQuery<AttributeQuery>,
    mut cmd: Command<ScimJson<PatchRequest>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let id = id_of(&GROUP, &id)?;
    let selection = Selection::try_from(query)?;
    let operations = PatchOperation::all(&GROUP, &cmd.body.0)?;
    let granter = Granter::of(&mut cmd, &deps).await?;
    let group = groups::lock(&mut cmd.tx, Id::from_uuid(id)).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.check_version(group.version)?;
    let members = members_of(&mut cmd.tx, &[id]).await?.remove(&id).unwrap_or_default();
    let resource = GroupResource::of(&group, &members, &base);
    let done = execute(&mut cmd.tx, &granter, group, resource, &operations).await?;
    let body = one_group(&mut cmd.tx, id, &selection, &base).await?;
    let reply = Reply::ok(&body)?.version(done.output.version).as_scim();
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
    resource: GroupResource,
    operations: &[PatchOperation],
) -> Result<Done<Group>, Refusal> {
    let mut object = resource.object()?;
    apply(&mut object, operations)?;
    let (changed, members) = store(tx, granter, group.clone(), &GroupResource::read(object)?).await?;

    let event = AuditEvent::info("iam.scim_patch_group")
        .about("iam.group", changed.id)
        .with("displayName", changed.display_name.as_str())
        .with("changes", changes(&group, &changed))
        .with("added", members.added)
        .with("removed", members.removed);
    Ok(Done::new(changed, event))
}
