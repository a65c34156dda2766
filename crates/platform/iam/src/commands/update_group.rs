//! Renames a group.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};

use crate::commands::create_group::GroupInput;
use crate::error::{Error, Thing};
use crate::model::group::Group;
use crate::store::groups;

/// Change a group
///
/// Name, external id and description; what is left out is not known any more. Members are added and removed one at a time.
#[utoipa::path(
    put,
    path = "/v1/iam/groups/{id}",
    operation_id = "iam.update_group",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the group", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = GroupInput, example = json!({"displayName": "Bookkeepers", "description": "They keep the books"})),
    responses((status = 200, description = "The group as it is now", body = Group), ChangeProblems)
)]
pub(crate) async fn update_group(
    PathId(id): PathId<Group>,
    mut cmd: Command<Json<GroupInput>>,
) -> Result<Reply, ProblemResponse> {
    let group = groups::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.require_version(group.version)?;
    let done = execute(&mut cmd.tx, group, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    group: Group,
    input: &GroupInput,
) -> Result<Done<Group>, Error> {
    let changed = Group {
        display_name: input.display_name.as_str().to_owned(),
        external_id: input.external_id.as_ref().map(|id| id.as_str().to_owned()),
        description: input.description.to_option(),
        version: group.version + 1,
        updated_at: tx.now(),
        ..group.clone()
    };
    groups::update(tx, &changed).await?;

    let event = AuditEvent::info("iam.update_group")
        .about("iam.group", group.id)
        .with("changes", changes(&group, &changed));
    Ok(Done::new(changed, event))
}
