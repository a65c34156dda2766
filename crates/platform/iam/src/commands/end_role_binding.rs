//! Ends a role binding.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::binding::RoleBinding;
use crate::queries::get_role::built_in;
use crate::rights::resolve;
use crate::store::bindings;

/// End a role binding
///
/// It stays as its own history. The last one that lets somebody administer the tenant for good is not ended.
#[utoipa::path(
    post,
    path = "/v1/iam/role-bindings/{id}/end",
    operation_id = "iam.end_role_binding",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the binding", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    responses((status = 200, description = "The binding, ended", body = RoleBinding, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "subject": {"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"},
        "role": "6f1b4c1e-6f2b-5d0a-9b8e-0c6a2f6f7d11", "roleKey": "viewer", "scope": {"kind": "tenant"},
        "createdAt": "2025-01-15T09:00:00Z", "createdBy": "ada", "version": 1})), ChangeProblems)
)]
pub(crate) async fn end_role_binding(
    State(deps): State<Deps>,
    PathId(id): PathId<RoleBinding>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let binding = bindings::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Binding))?;
    cmd.check_version(binding.version)?;
    let done = execute(&mut cmd.tx, &granter, binding).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    binding: RoleBinding,
) -> Result<Done<RoleBinding>, Error> {
    if binding.ended_at.is_some() {
        return Err(Error::BindingEnded);
    }
    for grant in resolve(tx, &granter.catalogue, std::slice::from_ref(&binding)).await? {
        if !granter.rights.cover("iam.end_role_binding", &grant.limits) {
            return Err(Error::CannotGrant { permission: "iam.end_role_binding".to_owned() });
        }
    }
    let guard = Guard::before(tx, granter, Vec::new()).await?;

    bindings::end(tx, &[binding.id.uuid()]).await?;
    guard.after(tx).await?;

    let role_key = built_in(&granter.catalogue, binding.role).map(|table| table.key.clone());
    let event = AuditEvent::info("iam.end_role_binding")
        .about("iam.role_binding", binding.id)
        .with("subject", json!(binding.subject))
        .with("role", role_key.clone().unwrap_or_else(|| binding.role.to_string()))
        .with("scope", json!(binding.scope));
    let ended = RoleBinding { role_key, ended_at: Some(tx.now()), version: binding.version + 1, ..binding };
    Ok(Done::new(ended, event))
}
