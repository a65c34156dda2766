//! Removes a role of the tenant's own.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::role::Role;
use crate::queries::get_role::built_in;
use crate::store::{access, roles};

/// Delete a role
///
/// One that was never bound: a binding that has ended still says which role it was. The answer is the role as it was.
#[utoipa::path(
    delete,
    path = "/v1/iam/roles/{id}",
    operation_id = "iam.delete_role",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the role", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The role as it was", body = Role, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Clerk", "permissions": ["finance.list_journals"],
        "version": 1})), ChangeProblems)
)]
pub(crate) async fn delete_role(
    State(deps): State<Deps>,
    PathId(id): PathId<Role>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    if built_in(&deps.catalogue, id).is_some() {
        return Err(Error::BuiltInRole.into());
    }
    access::lock(&mut cmd.tx).await?;
    let role = roles::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Role))?;
    cmd.require_version(role.version)?;
    let done = execute(&mut cmd.tx, role).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, role: Role) -> Result<Done<Role>, Error> {
    if roles::is_bound(tx, role.id).await? {
        return Err(Error::RoleInUse);
    }
    roles::delete(tx, role.id).await?;

    let event =
        AuditEvent::info("iam.delete_role").about("iam.role", role.id).with("name", role.name.as_str());
    Ok(Done::new(role, event))
}
