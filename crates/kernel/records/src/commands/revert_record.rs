//! Gives a record the values of an earlier version.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_record_model::{Entity, Error, Record, check, terms};
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::body::RecordBody;
use crate::catalogue::Entities;
use crate::commands::{event, update_record};
use crate::guard::Guard;
use crate::path::RecordPath;
use crate::store::{records, revisions};
use crate::{Deps, named, write};

/// Which version to go back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = records::RevertRecord)]
pub(crate) struct RevertRecord {
    /// The version whose values the record gets.
    version: i64,
}

/// Go back to an earlier version of a record
///
/// Makes a new version with the values of the earlier one, which must still be values that the definition takes. State and
/// number stay, and so does what is hidden from the caller.
#[utoipa::path(
    post,
    path = "/v1/records/{entity}/{id}/revert",
    operation_id = "records.revert_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = RevertRecord, example = json!({"version": 1})),
    responses((status = 200, description = "The record as it is now", body = RecordBody), ChangeProblems)
)]
pub(crate) async fn revert_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut cmd: Command<Json<RevertRecord>>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_write(&mut cmd, &key).await?;
    let record = records::lock(&mut cmd.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    let guard = Guard::of(cmd.caller());
    guard.check(&entity, &record)?;
    cmd.require_version(record.version)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &guard, record, cmd.body.0.version).await?;
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
    version: i64,
) -> Result<Done<Record>, Error> {
    let shown = guard.check(entity, &record)?;
    update_record::check_open(entity, &record)?;
    let earlier = revisions::find(tx, entity, record.id, version).await?.ok_or(Error::NoVersion)?;
    let then = guard.shown(entity, &earlier.as_of(&record)).ok_or(Error::NoVersion)?;
    let shown = shown.and(entity, &then);
    let mut given = earlier.values;
    named::follow(tx, entities, entity, &mut given).await?;
    // What had no value then has none again.
    for field in &entity.def.fields {
        given.entry(field.key.to_string()).or_insert(serde_json::Value::Null);
    }
    for key in entity.unsettable() {
        given.remove(key);
    }
    // What is hidden from who does this stays as it is.
    given.retain(|key, _| shown.has(key));
    let mut values = check::merge(entity, &record.values, &given).map_err(Error::Form)?;
    update_record::check_added(entity, &record, &values)?;
    let context = terms::context(tx.context(), tx.now());
    let before = (record.state.as_deref(), &record.values);
    let held = entity.rules().check_change(&entity.def, &context, before, &mut values);
    held.map_err(|faults| shown.told(Error::Invalid(faults)))?;
    let missing = check::missing(entity, &values);
    if !missing.is_empty() {
        return Err(shown.told(Error::Invalid(missing)));
    }
    let changed = check::changed(&record.values, &values);
    named::check_readable(tx, entities, guard, entity, (&record.values, &given)).await?;
    let record = update_record::next(tx, record, values);
    guard.check_after(entity, &record)?;
    write::store(tx, entities, entity, &record, "revert").await.map_err(|error| shown.told(error))?;
    let event =
        event("records.revert_record", entity, &record).with("to", version).with("changed", json!(changed));
    Ok(Done::new(record, event))
}
