//! Shows a group.

use athyper_kernel_http::{ProblemResponse, Read, Reply, ScimErrorBody};
use athyper_kernel_scim::{AttributeQuery, GROUP, Selection};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};

use super::resources::one_group;
use super::{base_of, id_of};
use crate::Deps;
use crate::error::{Error, Thing};
use crate::store::groups;

/// Show a group
///
/// With its members: people and groups, not services.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/Groups/{id}",
    operation_id = "iam.scim_get_group",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the group", format = Uuid), AttributeQuery),
    responses((status = 200, description = "The group", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "displayName": "Tour guides",
            "meta": {"resourceType": "Group", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Groups/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 304, description = "The client has this version"), (status = 404, description = "No such group in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_get_group(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    mut read: Read<AttributeQuery>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, read.caller(), &tenant)?;
    let id = id_of(&GROUP, &id)?;
    let selection = Selection::try_from(read.query.clone())?;
    let group = groups::find(&mut read.tx, Id::from_uuid(id)).await?.ok_or(Error::NotFound(Thing::Group))?;
    let body = one_group(&mut read.tx, id, &selection, &base).await?;
    Ok(read.reply(group.version, &body)?.as_scim())
}
