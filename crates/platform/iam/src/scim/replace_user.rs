//! Replaces a user.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson, UrlQuery};
use athyper_kernel_scim::{AttributeQuery, Selection, USER, accept};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};
use serde_json::Value;

use super::resources::one_user;
use super::user::{UserResource, check_is_user};
use super::{Refusal, base_of, check_authority, id_of};
use crate::commands::update_principal;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::principal::{Authority, Principal, Status};
use crate::principal_status::enter_status;
use crate::store::principals;
use crate::{Deps, told};

/// Replace a user
///
/// What is left out is not known any more, but `active`, which stays as it is. With `active` false the user is shut out at
/// once and its sessions end.
#[utoipa::path(
    put,
    path = "/scim/v2/{tenant}/Users/{id}",
    operation_id = "iam.scim_replace_user",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Id of the user", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant"), AttributeQuery),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "externalId": "701984", "name": {"givenName": "Ada", "familyName": "Byron"}, "emails": [{"value": "ada@example.com", "type": "work", "primary": true}]})),
    responses((status = 200, description = "The user as it is now", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "userName": "ada", "active": true,
            "meta": {"resourceType": "User", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Users/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 404, description = "No such user in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_replace_user(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    UrlQuery(query): UrlQuery<AttributeQuery>,
    mut cmd: Command<ScimJson<Value>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let id = Id::from_uuid(id_of(&USER, &id)?);
    let selection = Selection::try_from(query)?;
    let granter = Granter::of(&mut cmd, &deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    check_is_user(&principal)?;
    cmd.check_version(principal.version)?;
    let done = execute(&mut cmd.tx, &deps, &granter, principal, &cmd.body.0).await?;
    let body = one_user(&mut cmd.tx, &done.output, &selection, &base).await?;
    let reply = Reply::ok(&body)?.version(done.output.version).as_scim();
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    granter: &Granter,
    principal: Principal,
    body: &Value,
) -> Result<Done<Principal>, Refusal> {
    let user = UserResource::read(accept(&USER, body)?)?;
    let changed = store(tx, deps, granter, principal.clone(), &user).await?;
    let event = told::about_change(AuditEvent::info("iam.scim_replace_user"), &principal, &changed);
    Ok(Done::new(changed, event))
}

/// Makes a principal what the resource says. What stays as it is gets no new version.
pub(crate) async fn store(
    tx: &mut TenantTx,
    deps: &Deps,
    granter: &Granter,
    principal: Principal,
    user: &UserResource,
) -> Result<Principal, Refusal> {
    check_authority(principal.authority)?;
    let input = user.to_update(&principal)?;
    // One that a sign-in made is the provisioning system's from now on.
    let mut changed = Principal { authority: Authority::Scim, ..principal.clone() };
    if changed.authority != principal.authority || !input.is_same_as(&principal) {
        changed = update_principal::execute(tx, granter, changed, &input).await?.output;
    }
    let status = match user.active() {
        Some(true) => Status::Active,
        Some(false) => Status::Suspended,
        None => changed.status,
    };
    if status != changed.status {
        changed = enter_status(tx, deps, granter, changed, status).await?.output;
    }
    Ok(changed)
}
