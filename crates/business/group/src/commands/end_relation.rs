//! Ends a relation.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::Day;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::RELATION;
use crate::error::{Error, problem};
use crate::model::relation::{Relation, RelationMark};
use crate::store::relations;

/// Until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::EndRelation)]
pub(crate) struct EndRelation {
    /// The last day on which entries may be posted.
    #[schema(value_type = String, format = Date)]
    last_day: Day,
}

/// End a relation
///
/// No entry is posted after its last day. What is open on its accounts stays, and is reported and eliminated as before.
#[utoipa::path(
    post,
    path = "/v1/group/relations/{id}/end",
    operation_id = "group.end_relation",
    tag = "group",
    params(
        ("id" = String, Path, description = "Id of the relation", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is ended")
    ),
    request_body(content = EndRelation, example = json!({"lastDay": "2025-12-31"})),
    responses((status = 200, description = "The relation as it is now", body = Relation), ChangeProblems)
)]
pub(crate) async fn end_relation(
    State(deps): State<Deps>,
    PathId(id): PathId<RelationMark>,
    mut cmd: Command<Json<EndRelation>>,
) -> Result<Reply, ProblemResponse> {
    let found = relations::lock(&mut cmd.tx, id).await?.ok_or(Error::RelationNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (RELATION, id.uuid()), Error::RelationNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, found, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    mut relation: Relation,
    input: &EndRelation,
) -> Result<Done<Relation>, Error> {
    let last = input.last_day.date();
    if let Some(ended) = relation.valid_to {
        return Err(Error::RelationEnded(ended));
    }
    if last < relation.valid_from {
        return Err(Error::field("/lastDay", "before_first", "the last day is before the first"));
    }
    relations::set_end(tx, relation.id, last).await?;

    relation.valid_to = Some(last);
    relation.version += 1;
    let event =
        AuditEvent::info("group.end_relation").about(RELATION, relation.id).with("lastDay", last.to_string());
    Ok(Done::new(relation, event))
}
