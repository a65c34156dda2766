//! Changes values of a record.

use athyper_kernel_cel::Context;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_entity::Values;
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply, UrlQuery};
use athyper_kernel_record_model::{Entity, Error, Record, check, terms};
use axum::extract::State;
use serde_json::{Map, Value, json};

use crate::body::{RecordBody, ValuesBody};
use crate::catalogue::Entities;
use crate::commands::event;
use crate::guard::Guard;
use crate::matches::{self, AllowDuplicates};
use crate::path::RecordPath;
use crate::store::records;
use crate::{Deps, named, write};

/// Change a record
///
/// What is left out stays as it is, null takes a value away (RFC 7396). Where nothing would change, nothing is written.
#[utoipa::path(
    patch,
    path = "/v1/records/{entity}/{id}",
    operation_id = "records.update_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed"),
        AllowDuplicates
    ),
    request_body(content = ValuesBody, example = json!({"axes": 5, "notes": null})),
    responses((status = 200, description = "The record as it is now", body = RecordBody), ChangeProblems)
)]
pub(crate) async fn update_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    UrlQuery(allow): UrlQuery<AllowDuplicates>,
    mut cmd: Command<Json<Values>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let guard = Guard::of(&caller);
    let entity = allow.over(&caller, deps.to_write(&mut cmd, &key).await?)?;
    let record = records::lock(&mut cmd.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    guard.check(&entity, &record)?;
    cmd.require_version(record.version)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &guard, record, &cmd.body.0.0).await;
    let done = matches::told(&mut cmd.tx, &guard, &entity, done).await?;
    let mut json = done.output.to_json(&entity.def, &guard.answer(&entity, &done.output), None);
    matches::report(&mut cmd.tx, &guard, &entity, &done.output, &mut json).await?;
    let reply = Reply::ok(&json)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    record: Record,
    given: &Map<String, Value>,
) -> Result<Done<Record>, Error> {
    let shown = guard.check(entity, &record)?;
    shown.check_set(given.keys())?;
    let values = changed_values(entity, &terms::context(tx.context(), tx.now()), &record, given)
        .map_err(|error| shown.told(error))?;
    let changed = check::changed(&record.values, &values);
    named::check_readable(tx, entities, guard, entity, (&record.values, given)).await?;
    let event =
        |record: &Record| event("records.update_record", entity, record).with("changed", json!(changed));
    if changed.is_empty() {
        let event = event(&record);
        return Ok(Done::new(record, event));
    }

    let record = next(tx, record, values);
    guard.check_after(entity, &record)?.check_set(given.keys())?;
    write::store(tx, entities, entity, &record, "update").await.map_err(|error| shown.told(error))?;
    let event = event(&record);
    Ok(Done::new(record, event))
}

/// Whether only fields that the tenant added are changed, where the commands of a domain write the others.
pub(crate) fn check_added(
    entity: &Entity,
    record: &Record,
    values: &Map<String, Value>,
) -> Result<(), Error> {
    let changed = check::changed(&record.values, values);
    let is_domains = |key: &String| entity.slot(key).is_some_and(|slot| entity.is_column(slot));
    if changed.iter().any(is_domains) { entity.must_be_written_here() } else { Ok(()) }
}

/// The values that a record has when these are laid over those that it has.
///
/// # Errors
/// When the record cannot be changed now; all that is wrong with the values, or with the record that they would make.
pub(crate) fn changed_values(
    entity: &Entity,
    context: &Context,
    record: &Record,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    check_open(entity, record)?;
    let mut values = check::merge(entity, &record.values, given).map_err(Error::Form)?;
    check_added(entity, record, &values)?;
    let before = (record.state.as_deref(), &record.values);
    entity.rules().check_change(&entity.def, context, before, &mut values).map_err(Error::Invalid)?;
    let missing = check::missing(entity, &values);
    if missing.is_empty() { Ok(values) } else { Err(Error::Invalid(missing)) }
}

/// Whether the fields of a record may be changed now.
pub(crate) fn check_open(entity: &Entity, record: &Record) -> Result<(), Error> {
    if record.deleted.is_some() {
        return Err(Error::RecordDeleted);
    }
    let state = record.state.as_deref().unwrap_or_default();
    let is_locked =
        entity.def.states.as_ref().and_then(|states| states.state(state)).is_some_and(|s| s.is_locked);
    if is_locked { Err(Error::Locked { state: state.to_owned() }) } else { Ok(()) }
}

/// The next version of a record, with these values.
pub(crate) fn next(tx: &TenantTx, record: Record, values: Map<String, Value>) -> Record {
    Record {
        version: record.version + 1,
        values,
        updated_at: tx.now(),
        updated_by: tx.context().actor().id.clone(),
        ..record
    }
}
