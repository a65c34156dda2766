//! Puts a principal or a group into a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::binding::Subject;
use crate::model::group::{Group, MemberRef};
use crate::model::principal::Status;
use crate::store::{groups, members, principals};

/// Add a member to a group
///
/// Who adds a member gives it all that is bound to the group and to the groups that it is in, and so has to hold all of
/// that. A member that is one already stays one.
#[utoipa::path(
    post,
    path = "/v1/iam/groups/{id}/members",
    operation_id = "iam.add_group_member",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the group", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    request_body(content = Subject, example = json!({"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"})),
    responses((status = 200, description = "The group, with its next version", body = Group), ChangeProblems)
)]
pub(crate) async fn add_group_member(
    State(deps): State<Deps>,
    PathId(id): PathId<Group>,
    mut cmd: Command<Json<Subject>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let group = groups::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    cmd.check_version(group.version)?;
    let done = execute(&mut cmd.tx, &granter, group, cmd.body.0.into()).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    group: Group,
    member: MemberRef,
) -> Result<Done<Group>, Error> {
    let affected = match member {
        MemberRef::Principal(id) => {
            let unknown = Error::UnknownReference { pointer: "/principal", what: Thing::Principal };
            let principal = principals::find(tx, id).await?.ok_or(unknown)?;
            if principal.status == Status::Deprovisioned {
                return Err(Error::Deprovisioned);
            }
            vec![id.uuid()]
        }
        MemberRef::Group(id) => {
            let unknown = Error::UnknownReference { pointer: "/group", what: Thing::Group };
            groups::find(tx, id).await?.ok_or(unknown)?;
            if members::groups_above(tx, group.id).await?.contains(&id) {
                return Err(Error::GroupCycle);
            }
            members::principals_in(tx, id).await?.into_iter().map(athyper_kernel_types::Id::uuid).collect()
        }
    };
    granter.check_group(tx, group.id).await?;
    let guard = Guard::before(tx, granter, affected).await?;

    members::insert(tx, group.id, member).await?;
    groups::update(tx, &group).await?;
    guard.after(tx).await?;
    let (what, id) = match member {
        MemberRef::Principal(id) => ("principal", id.to_string()),
        MemberRef::Group(id) => ("group", id.to_string()),
    };
    let event = AuditEvent::info("iam.add_group_member")
        .about("iam.group", group.id)
        .with("displayName", group.display_name.as_str())
        .with(what, id);
    let changed = Group { version: group.version + 1, updated_at: tx.now(), ..group };
    Ok(Done::new(changed, event))
}
