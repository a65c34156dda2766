//! Makes a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson, UrlQuery};
use athyper_kernel_scim::{AttributeQuery, GROUP, Selection, accept};
use axum::extract::{Path, State};
use serde_json::Value;

use super::group::{GroupResource, set_members};
use super::resources::one_group;
use super::{Refusal, base_of};
use crate::Deps;
use crate::commands::create_group;
use crate::delegation::Granter;
use crate::model::group::Group;
use crate::model::principal::Authority;

/// Provision a group
///
/// With its members. No role is bound to it.
#[utoipa::path(
    post,
    path = "/scim/v2/{tenant}/Groups",
    operation_id = "iam.scim_create_group",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), AttributeQuery),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour guides", "members": []})),
    responses((status = 201, description = "The group", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "displayName": "Tour guides",
            "meta": {"resourceType": "Group", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Groups/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 404, description = "No such tenant in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_create_group(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    UrlQuery(query): UrlQuery<AttributeQuery>,
    mut cmd: Command<ScimJson<Value>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let selection = Selection::try_from(query)?;
    let granter = Granter::of(&mut cmd, &deps).await?;
    let done = execute(&mut cmd.tx, &granter, &cmd.body.0).await?;
    let id = done.output.id.uuid();
    let body = one_group(&mut cmd.tx, id, &selection, &base).await?;
    let location = base.location(&GROUP, id);
    let reply = Reply::created(location, &body)?.version(done.output.version).as_scim();
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    body: &Value,
) -> Result<Done<Group>, Refusal> {
    let resource = GroupResource::read(accept(&GROUP, body)?)?;
    let members = resource.members()?;
    let group = create_group::execute(tx, &resource.input(None)?, Authority::Scim).await?.output;
    let changed = set_members(tx, granter, group.id, &members).await?;

    let event = AuditEvent::info("iam.scim_create_group")
        .about("iam.group", group.id)
        .with("displayName", group.display_name.as_str())
        .with("added", changed.added);
    Ok(Done::new(group, event))
}
