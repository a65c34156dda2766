//! Makes a record.

use std::sync::Arc;

use athyper_kernel_cel::Context;
use athyper_kernel_db::{DbError, Done, LazyTenantTx, TenantTx, take_numbers};
use athyper_kernel_entity::{EntityKey, EntityKind, Numbering, Values};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemBody, ProblemResponse, Reply, UrlQuery};
use athyper_kernel_record_model::{Entity, Error, Record, RecordId, Traces, check, names_in_lines, terms};
use athyper_kernel_types::{Clock, SeriesPattern};
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use crate::body::{RecordBody, ValuesBody};
use crate::catalogue::Entities;
use crate::commands::event;
use crate::guard::Guard;
use crate::matches::{self, AllowDuplicates};
use crate::path::EntityPath;
use crate::store::records;
use crate::{Deps, files, named, write};

/// Make a record
///
/// Takes a value for each field that is to have one; all that is wrong is named at once. Where rules of the entity find
/// duplicates of it, the answer has them in `duplicates`, or the record is refused, as the rule says.
#[utoipa::path(
    post,
    path = "/v1/records/{entity}",
    operation_id = "records.create_record",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity"), AllowDuplicates),
    request_body(content = ValuesBody, example = json!({"name": "Lathe", "axes": 3})),
    responses(
        (status = 201, description = "The record", body = RecordBody),
        (
            status = 404,
            description = "No such entity in this tenant",
            body = ProblemBody,
            content_type = "application/problem+json"
        ),
        CreateProblems
    )
)]
pub(crate) async fn create_record(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    UrlQuery(allow): UrlQuery<AllowDuplicates>,
    mut cmd: Command<Json<Values>, LazyTenantTx>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let guard = Guard::of(&caller);
    let location = |record: &Record| format!("/v1/records/{key}/{}", record.id);
    if !allow.allow_duplicates
        && cmd.may_finish_at_once()
        && let Some((entity, record)) = at_once(&mut cmd, &deps.entities, &key, &guard).await?
    {
        let json = record.to_json(&entity.def, &guard.answer(&entity, &record), None);
        return Ok(Reply::created(location(&record), &json)?.version(record.version));
    }
    let mut cmd = cmd.open().await?;
    let entity = allow.over(&caller, deps.to_write(&mut cmd, &key).await?)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &guard, &cmd.body.0.0).await;
    let done = matches::told(&mut cmd.tx, &guard, &entity, done).await?;
    let mut json = done.output.to_json(&entity.def, &guard.answer(&entity, &done.output), None);
    matches::report(&mut cmd.tx, &guard, &entity, &done.output, &mut json).await?;
    let reply = Reply::created(location(&done.output), &json)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Makes the record by one statement, where nothing has to be asked of the database for it. None where something has to be, or
/// something is wrong, which is said of the definition that is held.
async fn at_once(
    cmd: &mut Command<Json<Values>, LazyTenantTx>,
    entities: &Entities,
    key: &EntityKey,
    guard: &Guard,
) -> Result<Option<(Arc<Entity>, Record)>, ProblemResponse> {
    let Some(entity) = entities.find_to_write(&mut cmd.tx, key).await? else { return Ok(None) };
    if !stands_alone(&entity) || !guard.is_unasked(&entity) {
        return Ok(None);
    }
    let tx = &cmd.tx;
    let context = terms::context(tx.context(), tx.now());
    let Ok((state, values)) = complete(&entity, &context, &cmd.body.0.0) else { return Ok(None) };
    let record = new((tx.clock(), tx.now()), &tx.context().actor().id, state, values);
    let found = Traces::of(&entity, &record.values);
    if !found.unique.is_empty() || !found.references.is_empty() {
        return Ok(None);
    }
    let change = records::create_at_once(tx.tenant_id(), &entity, &record, &found, "create")?;
    let is_made = cmd.finish_at_once(change, event("records.create_record", &entity, &record)).await?;
    Ok(is_made.then_some((entity, record)))
}

/// Whether records of an entity are made without a look at others, at files or at numbers.
fn stands_alone(entity: &Entity) -> bool {
    let def = &entity.def;
    entity.system().is_none()
        && def.kind != EntityKind::Single
        && def.numbering.is_none()
        && def.effective.is_none()
        && def.duplicates.is_empty()
        && !names_in_lines(entity)
        && !files::has_any(entity)
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    given: &Map<String, Value>,
) -> Result<Done<Record>, Error> {
    entity.must_be_written_here()?;
    if entity.def.kind == EntityKind::Single && records::has_any(tx, entity).await? {
        return Err(Error::SingleTaken);
    }
    let (state, mut values) = complete(entity, &terms::context(tx.context(), tx.now()), given)?;
    if let Some(numbering) = &entity.def.numbering {
        let number = next_number(tx, entity, numbering, &values).await?;
        values.insert(numbering.field.to_string(), Value::from(number));
    }

    let record = new((tx.clock(), tx.now()), &tx.context().actor().id, state, values);
    guard.check_after(entity, &record)?.check_set(given.keys())?;
    named::check_readable(tx, entities, guard, entity, (&Map::new(), given)).await?;
    write::store(tx, entities, entity, &record, "create").await?;
    let event = event("records.create_record", entity, &record);
    Ok(Done::new(record, event))
}

/// The state and the values that a new record of these given values has, its number apart.
///
/// # Errors
/// All that is wrong with the values, or with the record that they would make.
pub(crate) fn complete(
    entity: &Entity,
    context: &Context,
    given: &Map<String, Value>,
) -> Result<(Option<String>, Map<String, Value>), Error> {
    let mut values = check::merge(entity, &Map::new(), given).map_err(Error::Form)?;
    let state = entity.def.states.as_ref().map(|states| states.initial.clone());
    let rules = entity.rules();
    rules.complete(&entity.def, context, state.as_deref(), &mut values).map_err(Error::Invalid)?;
    let missing = check::missing(entity, &values);
    if missing.is_empty() { Ok((state, values)) } else { Err(Error::Invalid(missing)) }
}

/// A record that is made now.
pub(crate) fn new(
    (clock, now): (&Clock, DateTime<Utc>),
    actor: &str,
    state: Option<String>,
    values: Map<String, Value>,
) -> Record {
    Record {
        id: RecordId::new(clock),
        version: 1,
        state,
        values,
        created_at: now,
        created_by: actor.to_owned(),
        updated_at: now,
        updated_by: actor.to_owned(),
        deleted: None,
    }
}

/// Takes the next number of the entity's series.
async fn next_number(
    tx: &mut TenantTx,
    entity: &Entity,
    numbering: &Numbering,
    values: &Map<String, Value>,
) -> Result<String, Error> {
    let pattern = pattern(entity, numbering)?;
    let date = number_date(numbering, &terms::context(tx.context(), tx.now()), values);
    let sequence = take_numbers(tx, &series(entity), &pattern, date, 1).await?;
    Ok(pattern.format(date, sequence))
}

/// How the entity's numbers are written.
pub(crate) fn pattern(entity: &Entity, numbering: &Numbering) -> Result<SeriesPattern, DbError> {
    SeriesPattern::parse(&numbering.pattern)
        .map_err(|error| DbError::Corrupt(format!("entity {}: {error}", entity.id)))
}

/// Name of the entity's series of numbers.
pub(crate) fn series(entity: &Entity) -> String {
    format!("records {}", entity.id)
}

/// The day that a record's number belongs to.
pub(crate) fn number_date(
    numbering: &Numbering,
    context: &Context,
    values: &Map<String, Value>,
) -> NaiveDate {
    let named = numbering.date.as_ref().and_then(|key| values.get(key.as_str())?.as_str()?.parse().ok());
    named.unwrap_or_else(|| context.now.with_timezone(&context.zone).date_naive())
}
