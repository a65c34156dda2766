//! Replaces a group.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson, UrlQuery};
use athyper_kernel_scim::{AttributeQuery, GROUP, Selection, accept};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};
use serde_json::Value;

use super::group::{GroupResource, MembersChanged, set_members};
use super::resources::one_group;
use super::{Refusal, base_of, check_authority, id_of};
use crate::Deps;
use crate::commands::update_group;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::group::Group;
use crate::model::principal::Authority;
use crate::store::groups;

/// Replace a group
///
/// With its members: who is not named leaves it. Who adds members has to hold all that is bound to the group.
#[utoipa::path(
    put,
    path = "/scim/v2/{tenant}/Groups/{id}",
    operation_id = "iam.scim_replace_group",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the group", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant"), AttributeQuery),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour guides", "members": []})),
    responses((status = 200, description = "The group as it is now", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "displayName": "Tour guides",
            "meta": {"resourceType": "Group", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Groups/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 404, description = "No such group in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_replace_group(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    UrlQuery(query): UrlQuery<AttributeQuery>,
    mut cmd: Command<ScimJson<Value>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let id = id_of(&GROUP, &id)?;
    let selection = Selection::try_from(query)?;
    let granter = Granter::of(&mut cmd, &deps).await?;
    let group = groups::lock(&mut cmd.tx, Id::from_uuid(id)).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.check_version(group.version)?;
    let done = execute(&mut cmd.tx, &granter, group, &cmd.body.0).await?;
    let body = one_group(&mut cmd.tx, id, &selection, &base).await?;
    let reply = Reply::ok(&body)?.version(done.output.version).as_scim();
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
    body: &Value,
) -> Result<Done<Group>, Refusal> {
    let resource = GroupResource::read(accept(&GROUP, body)?)?;
    let (changed, members) = store(tx, granter, group.clone(), &resource).await?;

    let event = AuditEvent::info("iam.scim_replace_group")
        .about("iam.group", changed.id)
        .with("displayName", changed.display_name.as_str())
        .with("changes", changes(&group, &changed))
        .with("added", members.added)
        .with("removed", members.removed);
    Ok(Done::new(changed, event))
}

/// Makes a group what the resource says. What stays as it is gets no new version.
pub(crate) async fn store(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
    resource: &GroupResource,
) -> Result<(Group, MembersChanged), Refusal> {
    check_authority(group.authority)?;
    let input = resource.input(group.description.as_deref())?;
    let members = set_members(tx, granter, group.id, &resource.members()?).await?;
    // One that a sign-in made is the provisioning system's from now on.
    let taken = Group { authority: Authority::Scim, ..group.clone() };
    let is_same = taken.authority == group.authority && members.is_empty() && input.is_same_as(&group);
    let changed = if is_same { group } else { update_group::execute(tx, taken, &input).await?.output };
    Ok((changed, members))
}
