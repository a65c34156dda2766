//! Changes parts of a user.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson, UrlQuery};
use athyper_kernel_scim::{AttributeQuery, PatchOperation, PatchRequest, Selection, USER, apply};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};

use super::replace_user::store;
use super::resources::one_user;
use super::user::{UserResource, check_is_user};
use super::{Refusal, base_of, id_of};
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::principal::Principal;
use crate::store::principals;
use crate::{Deps, told};

/// Change parts of a user
///
/// All operations or none (RFC 7644, section 3.5.2). With `active` false the user is shut out at once and its sessions end.
#[utoipa::path(
    patch,
    path = "/scim/v2/{tenant}/Users/{id}",
    operation_id = "iam.scim_patch_user",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the user", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant"), AttributeQuery),
    request_body(content = PatchRequest, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "active", "value": false}]})),
    responses((status = 200, description = "The user as it is now", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "userName": "ada", "active": true,
            "meta": {"resourceType": "User", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Users/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 404, description = "No such user in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_patch_user(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    UrlQuery(query): UrlQuery<AttributeQuery>,
    mut cmd: Command<ScimJson<PatchRequest>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let id = Id::from_uuid(id_of(&USER, &id)?);
    let selection = Selection::try_from(query)?;
    let operations = PatchOperation::all(&USER, &cmd.body.0)?;
    let granter = Granter::of(&mut cmd, &deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    check_is_user(&principal)?;
    cmd.check_version(principal.version)?;
    let resource = UserResource::of(&principal, &base);
    let done = execute(&mut cmd.tx, &deps, &granter, principal, resource, &operations).await?;
    let body = one_user(&mut cmd.tx, &done.output, &selection, &base).await?;
    let reply = Reply::ok(&body)?.version(done.output.version).as_scim();
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    granter: &Granter,
    principal: Principal,
    resource: UserResource,
    operations: &[PatchOperation],
) -> Result<Done<Principal>, Refusal> {
    let mut object = resource.object()?;
    apply(&mut object, operations)?;
    let changed = store(tx, deps, granter, principal.clone(), &UserResource::read(object)?).await?;

    let event = told::about_change(AuditEvent::info("iam.scim_patch_user"), &principal, &changed);
    Ok(Done::new(changed, event))
}
