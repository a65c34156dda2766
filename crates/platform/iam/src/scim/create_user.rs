//! Enters a user.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson, UrlQuery};
use athyper_kernel_scim::{AttributeQuery, Selection, USER, accept};
use axum::extract::{Path, State};
use serde_json::Value;

use super::resources::one_user;
use super::user::UserResource;
use super::{Refusal, base_of};
use crate::commands::create_principal;
use crate::model::principal::{Authority, Principal, Status};
use crate::store::principals;
use crate::{Deps, told};

/// Provision a user
///
/// The user is active unless the request says otherwise, and may do nothing until a role is bound to it or to a group that
/// it is in.
#[utoipa::path(
    post,
    path = "/scim/v2/{tenant}/Users",
    operation_id = "iam.scim_create_user",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), AttributeQuery),
    request_body(content = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "externalId": "701984", "name": {"givenName": "Ada", "familyName": "Byron"}, "emails": [{"value": "ada@example.com", "type": "work", "primary": true}]})),
    responses((status = 201, description = "The user", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "userName": "ada", "active": true,
            "meta": {"resourceType": "User", "created": "2025-01-15T09:00:00Z", "lastModified": "2025-01-15T09:00:00Z", "location": "/scim/v2/demo/Users/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": "\"1\""}})), (status = 404, description = "No such tenant in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_create_user(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    UrlQuery(query): UrlQuery<AttributeQuery>,
    mut cmd: Command<ScimJson<Value>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let selection = Selection::try_from(query)?;
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let body = one_user(&mut cmd.tx, &done.output, &selection, &base).await?;
    let location = base.location(&USER, done.output.id.uuid());
    let reply = Reply::created(location, &body)?.version(done.output.version).as_scim();
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, body: &Value) -> Result<Done<Principal>, Refusal> {
    let user = UserResource::read(accept(&USER, body)?)?;
    let mut principal = create_principal::execute(tx, &user.to_create()?, Authority::Scim).await?.output;
    if user.active() == Some(false) {
        principals::set_status(tx, principal.id, Status::Suspended).await?;
        principal = Principal { status: Status::Suspended, version: principal.version + 1, ..principal };
    }

    let event = told::about(AuditEvent::info("iam.scim_create_user"), &principal)
        .with("active", principal.status == Status::Active);
    Ok(Done::new(principal, event))
}
