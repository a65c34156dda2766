//! Looks for duplicates of a record before it is saved.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::Values;
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_records::{Entity, EntityPath, Guard, RecordId, find_records, match_keys};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::reads;
use crate::error::Error;
use crate::model::group::Candidate;
use crate::store::groups;

/// Most candidates of an answer.
const MOST: u32 = 50;

/// Values that somebody is about to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = duplicates::CheckValues)]
pub(crate) struct CheckValues {
    /// The values by the key of the field; those that are not there yet may be missing.
    #[schema(value_type = Object)]
    values: Values,
    /// The record that has them, where there is one already: it is no duplicate of itself.
    #[serde(default)]
    #[schema(nullable)]
    record: Option<Uuid>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::CheckedValues)]
pub(crate) struct CheckedValues {
    /// The records that agree with the values, at most 50.
    candidates: Vec<Candidate>,
    /// Whether there are more.
    has_more: bool,
}

/// Look for duplicates of values
///
/// Before they are saved: nothing is kept of them.
#[utoipa::path(
    post,
    path = "/v1/duplicates/{entity}/check",
    operation_id = "duplicates.check_values",
    tag = "duplicates",
    params(("entity" = String, Path, description = "Key of the entity")),
    request_body(content = CheckValues, example = json!({"values": {"name": "Ann Lee", "email": "ann@example.com"}})),
    responses((status = 200, description = "The records that agree with them", body = CheckedValues), ChangeProblems)
)]
pub(crate) async fn check_values(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    mut cmd: Command<Json<CheckValues>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let entity = deps.records.entities().find(&mut cmd.tx, &key).await?;
    let entity = entity.ok_or(athyper_kernel_records::Error::EntityNotFound)?;
    reads(&caller, &entity)?;
    let checked = execute(&mut cmd.tx, &entity, &Guard::of(&caller), &cmd.body.0).await?;
    let event = AuditEvent::info("duplicates.check_values")
        .about("records.entity", entity.id)
        .with("entity", entity.def.key.as_str())
        .with("candidates", checked.candidates.len());
    let reply = Reply::ok(&checked)?;
    cmd.finish(event, reply).await
}

async fn execute(
    tx: &mut TenantTx,
    entity: &Entity,
    guard: &Guard,
    input: &CheckValues,
) -> Result<CheckedValues, Error> {
    let listing = guard.list(entity)?;
    listing.open().check_sent("/values", input.values.0.keys())?;
    let mut keys = match_keys(entity, &input.values.0)?;
    keys.retain(|key| entity.duplicate_rule(&key.rule).is_some_and(|rule| listing.open().knows(rule)));
    let mut found = groups::having(tx, entity.id, &keys, input.record, MOST + 1).await?;
    let is_cut = found.len() > MOST as usize;
    found.truncate(MOST as usize);
    let ids: Vec<RecordId> = found.iter().map(|(id, _)| RecordId::from_uuid(*id)).collect();
    let records = find_records(tx, entity, &ids).await?;
    let candidates = Candidate::all(entity, guard, &found, &records);
    // Whether there are more of those that are not shown is not told.
    let has_more = is_cut && guard.is_free(entity);
    Ok(CheckedValues { candidates, has_more })
}
