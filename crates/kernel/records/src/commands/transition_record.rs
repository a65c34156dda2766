//! Takes a record from one state to another.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_record_model::{Entity, Error, Record, terms};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::RecordBody;
use crate::catalogue::Entities;
use crate::commands::{event, update_record};
use crate::guard::Guard;
use crate::path::RecordPath;
use crate::store::records;
use crate::{Deps, write};

/// Which way to take.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = records::TransitionRecord)]
pub(crate) struct TransitionRecord {
    /// The word of the transition.
    transition: String,
}

/// Take a record to another state
///
/// By a transition of the entity's definition that leads from the present state and whose condition holds.
#[utoipa::path(
    post,
    path = "/v1/records/{entity}/{id}/transition",
    operation_id = "records.transition_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(content = TransitionRecord, example = json!({"transition": "start"})),
    responses((status = 200, description = "The record as it is now", body = RecordBody), ChangeProblems)
)]
pub(crate) async fn transition_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut cmd: Command<Json<TransitionRecord>>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_write(&mut cmd, &key).await?;
    let record = records::lock(&mut cmd.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    let guard = Guard::of(cmd.caller());
    guard.check(&entity, &record)?;
    cmd.check_version(record.version)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &guard, record, &cmd.body.0.transition).await?;
    let shown = guard.answer(&entity, &done.output);
    let reply = Reply::ok(&done.output.to_json(&entity.def, &shown, None))?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    record: Record,
    transition: &str,
) -> Result<Done<Record>, Error> {
    let shown = guard.check(entity, &record)?;
    entity.must_be_written_here()?;
    if record.deleted.is_some() {
        return Err(Error::RecordDeleted);
    }
    let state = record.state.clone().unwrap_or_default();
    let ways = entity.def.states.as_ref().map(|states| states.transitions.as_slice()).unwrap_or_default();
    let mut from_here = ways.iter().filter(|way| way.from.contains(&state));
    let Some(way) = from_here.clone().find(|way| way.key == transition) else {
        let possible = from_here.by_ref().map(|way| way.key.clone()).collect();
        return Err(Error::NoTransition { state, transition: transition.to_owned(), possible });
    };
    let context = terms::context(tx.context(), tx.now());
    let before = (record.state.as_deref(), &record.values);
    entity.rules().check_transition(&entity.def, &context, way, before).map_err(Error::Invalid)?;

    let values = record.values.clone();
    let record = Record { state: Some(way.to.clone()), ..update_record::next(tx, record, values) };
    guard.check_after(entity, &record)?;
    write::store(tx, entities, entity, &record, "transition").await.map_err(|error| shown.told(error))?;
    let event = event("records.transition_record", entity, &record)
        .with("transition", transition)
        .with("from", state)
        .with("to", way.to.as_str());
    Ok(Done::new(record, event))
}
