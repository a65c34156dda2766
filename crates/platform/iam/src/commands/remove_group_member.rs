//! Takes a principal or a group out of a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathIds, ProblemResponse, Reply};
use axum::extract::State;
use uuid::Uuid;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::group::Group;
use crate::store::{groups, members};

/// Remove a member from a group
///
/// A principal or a group, by its id. `If-Match` names the version of the group.
#[utoipa::path(
    delete,
    path = "/v1/iam/groups/{id}/members/{member}",
    operation_id = "iam.remove_group_member",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the group", format = Uuid), ("member" = String, Path, description = "Id of the member", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The group, with its next version", body = Group, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "displayName": "Bookkeepers", "authority": "local", "version": 3, "createdAt": "2025-01-15T09:00:00Z",
        "updatedAt": "2025-01-15T09:30:00Z"})), ChangeProblems)
)]
pub(crate) async fn remove_group_member(
    State(deps): State<Deps>,
    PathIds(id, member): PathIds<Group, athyper_kernel_types::Principal>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let group = groups::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.require_version(group.version)?;
    let done = execute(&mut cmd.tx, &granter, group, member.uuid()).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
    member: Uuid,
) -> Result<Done<Group>, Error> {
    let guard = Guard::before(tx, granter, Vec::new()).await?;

    if !members::delete(tx, group.id, member).await? {
        return Err(Error::NotFound(Thing::Member));
    }
    groups::update(tx, &group).await?;
    guard.after(tx).await?;

    let event = AuditEvent::info("iam.remove_group_member")
        .about("iam.group", group.id)
        .with("displayName", group.display_name.as_str())
        .with("member", member.to_string());
    let changed = Group { version: group.version + 1, updated_at: tx.now(), ..group };
    Ok(Done::new(changed, event))
}
