//! Shows a user.

use athyper_kernel_http::{ProblemResponse, Read, Reply, ScimErrorBody};
use athyper_kernel_scim::{AttributeQuery, Selection, USER};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};

use super::resources::one_user;
use super::user::check_is_user;
use super::{base_of, id_of};
use crate::Deps;
use crate::error::{Error, Thing};
use crate::store::principals;

/// Show a user
///
/// The groups that the user is in are shown where they are asked for; then the answer is given whatever version the client
/// has, since the version is not of them.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/Users/{id}",
    operation_id = "iam.scim_get_user",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the user", format = Uuid), AttributeQuery),
    responses((status = 200, description = "The user", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "userName": "ada", "active": true,
            "meta": {"resourceType": "User", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Users/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 304, description = "The client has this version"), (status = 404, description = "No such user in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_get_user(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    mut read: Read<AttributeQuery>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, read.caller(), &tenant)?;
    let id = Id::from_uuid(id_of(&USER, &id)?);
    let selection = Selection::try_from(read.query.clone())?;
    let principal = principals::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    check_is_user(&principal)?;
    let body = one_user(&mut read.tx, &principal, &selection, &base).await?;
    if selection.shows(&USER, "groups") {
        return Ok(Reply::ok(&body)?.version(principal.version).as_scim());
    }
    Ok(read.reply(principal.version, &body)?.as_scim())
}
