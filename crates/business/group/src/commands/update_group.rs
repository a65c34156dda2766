//! Rewrites a group.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_group::check;
use crate::entities::GROUP;
use crate::error::{Error, problem};
use crate::model::group::{Definition, Group, GroupMark};
use crate::store::groups;

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::GroupChange)]
pub(crate) struct GroupChange {
    /// What it is called.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<Name>,
    /// What it is, as a whole.
    definition: Option<Definition>,
}

/// Rewrite a group
///
/// The definition is replaced as a whole. Consolidations keep the one that they were made with.
#[utoipa::path(
    patch,
    path = "/v1/group/groups/{id}",
    operation_id = "group.update_group",
    tag = "group",
    params(
        ("id" = String, Path, description = "Id of the group", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = GroupChange, example = json!({"name": "Alpha Group plc"})),
    responses((status = 200, description = "The group as it is now", body = Group), ChangeProblems)
)]
pub(crate) async fn update_group(
    State(deps): State<Deps>,
    PathId(id): PathId<GroupMark>,
    mut cmd: Command<Json<GroupChange>>,
) -> Result<Reply, ProblemResponse> {
    let found = groups::lock(&mut cmd.tx, id).await?.ok_or(Error::GroupNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (GROUP, id.uuid()), Error::GroupNotFound).await?;
    cmd.require_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, found, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    before: Group,
    input: &GroupChange,
) -> Result<Done<Group>, Error> {
    let mut after = before.clone();
    if let Some(name) = &input.name {
        name.as_str().clone_into(&mut after.name);
    }
    if let Some(definition) = &input.definition {
        check(tx, deps, definition).await?;
        after.definition = definition.clone();
    }
    groups::update(tx, &after).await?;

    after.version += 1;
    let event = AuditEvent::info("group.update_group")
        .about(GROUP, after.id)
        .with("changes", changes(&before, &after));
    Ok(Done::new(after, event))
}
