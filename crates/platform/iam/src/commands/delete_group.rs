//! Removes a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::group::Group;
use crate::store::bindings::{self, Which};
use crate::store::{groups, members};

/// Delete a group
///
/// Its members leave it and its bindings end. The answer is the group as it was.
#[utoipa::path(
    delete,
    path = "/v1/iam/groups/{id}",
    operation_id = "iam.delete_group",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the group", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The group as it was", body = Group, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "displayName": "Bookkeepers", "authority": "local", "version": 1, "createdAt": "2025-01-15T09:00:00Z",
        "updatedAt": "2025-01-15T09:00:00Z"})), ChangeProblems)
)]
pub(crate) async fn delete_group(
    State(deps): State<Deps>,
    PathId(id): PathId<Group>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let group = groups::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.require_version(group.version)?;
    let done = execute(&mut cmd.tx, &granter, group).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
) -> Result<Done<Group>, Error> {
    let guard = Guard::before(tx, granter, Vec::new()).await?;
    let now = tx.now();
    let which = Which { groups: vec![group.id.uuid()], ..Which::default() };
    let bound = bindings::active(tx, now, &which).await?;
    let bound: Vec<_> = bound.iter().map(|binding| binding.id.uuid()).collect();

    bindings::end(tx, &bound).await?;
    members::delete_all(tx, group.id).await?;
    groups::delete(tx, group.id).await?;
    guard.after(tx).await?;

    let event = AuditEvent::info("iam.delete_group")
        .about("iam.group", group.id)
        .with("displayName", group.display_name.as_str())
        .with("endedBindings", bound.len());
    Ok(Done::new(group, event))
}
