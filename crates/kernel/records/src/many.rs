//! Writes many records of one entity in few statements, by the rules that hold for one.
//!
//! Each record is read and checked by what `create_record` and `update_record` call. The records that they name and the values
//! that come once are looked up for all of them together, and what is left is stored together. Where that cannot be exact —
//! records of a domain's table or that hold for a time, values that go from one record of the batch to another, a value that
//! somebody else took meanwhile — the records are written one after the other, each under a savepoint.

use std::collections::{HashMap, HashSet};

use athyper_kernel_cel::Context;
use athyper_kernel_db::{DbError, TenantConnection, TenantTx, take_numbers};
use athyper_kernel_entity::{EntityKind, FieldKey, FieldType};
use athyper_kernel_error::DomainError as _;
use athyper_kernel_record_model::{
    Entity, Error, Record, RecordId, Rehearsal, Traces, UniqueValue, check, names_in_lines, sorted_by, terms,
    unique_key,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::commands::{create_record, update_record};
use crate::files;
use crate::guard::Guard;
use crate::store::many::{self, Stored};
use crate::write;

const CREATE: &str = "records.create_record";
const UPDATE: &str = "records.update_record";

/// A record that is to be written.
#[derive(Clone, Debug)]
pub struct Write {
    /// The record that is changed, locked by [`lock_records`]; none to make one. A record is in a batch once.
    pub record: Option<Record>,
    /// Values by key; null takes a value away.
    pub values: Map<String, Value>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It has these values already.
    Unchanged,
}

/// A record that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: RecordId,
    /// Its version now.
    pub version: i64,
    /// What became of it.
    pub change: Change,
}

/// Whether one record at most has a given value of the field, so that records can be found by it.
pub fn is_key(entity: &Entity, field: &str) -> bool {
    let Some(def) = entity.def.field(field) else { return false };
    let is_column = entity.slot(field).is_some_and(|slot| entity.is_column(slot));
    // In a table such a value is two columns.
    let is_pair = matches!(def.kind, FieldType::Money(_) | FieldType::Quantity(_));
    def.unique.scope().is_some_and(<[FieldKey]>::is_empty) && !(is_column && is_pair)
}

/// The records that have these values in a field for which [`is_key`] holds, in the order of the values. A value is as the
/// field's type reads it.
///
/// # Errors
/// When the database does not answer.
pub async fn find_by_values(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    field: &str,
    values: &[Value],
) -> Result<Vec<Option<RecordId>>, DbError> {
    let table = entity.system().zip(entity.slot(field)).zip(entity.def.field(field));
    if let Some(column) = table.and_then(|((system, slot), def)| sorted_by(system, slot, &def.kind)) {
        let texts: Vec<String> = values.iter().map(as_text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let owners = many::owners_in_table(tx, entity, (&column.0, column.1), &texts).await?;
        let owner = |place| owners.get(&place).copied().map(RecordId::from_uuid);
        return Ok((0..values.len()).map(owner).collect());
    }
    let keys: Vec<Option<UniqueValue>> =
        values.iter().map(|value| unique_key(entity, field, value)).collect();
    let wanted: Vec<(&str, &str)> =
        keys.iter().flatten().map(|key| (key.rule.as_str(), key.value.as_str())).collect();
    let owners = many::owners(tx, entity.id, &wanted).await?;
    let owner = |key: Option<UniqueValue>| {
        let key = key?;
        owners.get(&(key.rule, key.value)).copied().map(RecordId::from_uuid)
    };
    Ok(keys.into_iter().map(owner).collect())
}

/// A value as a column of its type reads it.
fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The records of these ids that are there, deleted or not, locked until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_records(
    tx: &mut TenantTx,
    entity: &Entity,
    ids: &[RecordId],
) -> Result<HashMap<RecordId, Record>, DbError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let found = if ids.is_empty() { Vec::new() } else { many::lock(tx, entity, &ids).await? };
    Ok(found.into_iter().map(|record| (record.id, record)).collect())
}

/// Writes records of an entity that is held ([`Entities::hold`]) for somebody, each by itself: one that fails does not concern the others.
/// Gives what became of each, in their order. A `rehearsal` sees what earlier batches would have taken.
///
/// # Errors
/// When the database does not answer; then the transaction is to be given up.
pub async fn write_many(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    writes: Vec<Write>,
    rehearsal: Option<&mut Rehearsal>,
) -> Result<Vec<Result<Written, Error>>, Error> {
    // Files are taken by one record after the other: each has to see what those before it hold.
    let is_kept_together = entity.system().is_none()
        && entity.def.effective.is_none()
        && entity.def.kind != EntityKind::Single
        && !entity.refuses_duplicates()
        && !names_in_lines(entity)
        && !files::has_any(entity)
        && guard.doing(CREATE).doing(UPDATE).is_free_to_write(tx, entities, entity).await?;
    if !is_kept_together {
        return one_by_one(tx, entities, entity, guard, writes).await;
    }
    tx.savepoint("everything").await?;
    let again = writes.clone();
    if let Some(results) = together(tx, entities, entity, writes, rehearsal).await? {
        tx.end_savepoint("everything", true).await?;
        return Ok(results);
    }
    tx.end_savepoint("everything", false).await?;
    one_by_one(tx, entities, entity, guard, again).await
}

async fn one_by_one(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    writes: Vec<Write>,
) -> Result<Vec<Result<Written, Error>>, Error> {
    let (creating, updating) = (guard.doing(CREATE), guard.doing(UPDATE));
    let mut results = Vec::with_capacity(writes.len());
    for Write { record, values } in writes {
        tx.savepoint("operation").await?;
        let before = record.as_ref().map(|record| record.version);
        let done = match record {
            None => create_record::execute(tx, entities, entity, &creating, &values).await,
            Some(record) => update_record::execute(tx, entities, entity, &updating, record, &values).await,
        };
        match done {
            Ok(done) => {
                tx.end_savepoint("operation", true).await?;
                let Record { id, version, .. } = done.output;
                let change = match before {
                    None => Change::Created,
                    Some(before) if before == version => Change::Unchanged,
                    Some(_) => Change::Updated,
                };
                results.push(Ok(Written { id, version, change }));
            }
            Err(error) if error.kind().is_fault() => return Err(error),
            Err(error) => {
                tx.end_savepoint("operation", false).await?;
                results.push(Err(error));
            }
        }
    }
    Ok(results)
}

/// A record that has passed all checks so far, and its place in the batch.
struct Candidate {
    place: usize,
    stored: Stored,
}

/// Writes all that can be written; none where the records have to be written one after the other.
async fn together(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    writes: Vec<Write>,
    rehearsal: Option<&mut Rehearsal>,
) -> Result<Option<Vec<Result<Written, Error>>>, Error> {
    let context = terms::context(tx.context(), tx.now());
    let mut results: Vec<Option<Result<Written, Error>>> = Vec::with_capacity(writes.len());
    let mut candidates = Vec::with_capacity(writes.len());
    for (place, Write { record, values }) in writes.into_iter().enumerate() {
        let (result, stored) = match prepare(tx, entity, &context, record, &values) {
            Ok(Ready::Unchanged(written)) => (Some(Ok(written)), None),
            Ok(Ready::Stored(stored)) => (None, Some(*stored)),
            Err(error) => (Some(Err(error)), None),
        };
        results.push(result);
        candidates.extend(stored.map(|stored| Candidate { place, stored }));
    }

    in_order(&mut candidates);

    let named = candidates.iter().map(|candidate| &candidate.stored.traces);
    let existing = write::existing(tx, entities, entity, named).await?;
    refuse(&mut candidates, &mut results, |candidate| {
        let errors = write::unknown_records(entity, &candidate.stored.traces, &existing);
        if errors.is_empty() { None } else { Some(Error::Invalid(errors)) }
    });
    let Some(taken) = taken_values(tx, entity, &candidates, rehearsal).await? else { return Ok(None) };
    refuse(&mut candidates, &mut results, |candidate| {
        let field = taken.get(&candidate.place)?;
        Some(Error::Taken(write::taken_error(entity, field)))
    });
    if entity.def.numbering.is_some() {
        number(tx, entity, &context, &mut candidates).await?;
        // A number that somebody wrote by hand is a case for the way of one record.
        if taken_values(tx, entity, &candidates, None).await?.is_none_or(|taken| !taken.is_empty()) {
            return Ok(None);
        }
    }

    let (places, stored): (Vec<usize>, Vec<Stored>) =
        candidates.into_iter().map(|candidate| (candidate.place, candidate.stored)).unzip();
    if !stored.is_empty() && !many::put(tx, entity, &stored).await? {
        return Ok(None);
    }
    for (place, stored) in places.into_iter().zip(&stored) {
        let change = if stored.is_change { Change::Updated } else { Change::Created };
        if let Some(result) = results.get_mut(place) {
            *result = Some(Ok(written(&stored.record, change)));
        }
    }
    Ok(results.into_iter().collect())
}

/// Gives the records that are made the ids that they have, in the order in which they come: ids of one millisecond have none.
fn in_order(candidates: &mut [Candidate]) {
    let is_made = |candidate: &&mut Candidate| !candidate.stored.is_change;
    let mut ids: Vec<RecordId> =
        candidates.iter_mut().filter(is_made).map(|candidate| candidate.stored.record.id).collect();
    ids.sort_by_key(|id| id.uuid());
    for (candidate, id) in candidates.iter_mut().filter(is_made).zip(ids) {
        candidate.stored.record.id = id;
    }
}

fn written(record: &Record, change: Change) -> Written {
    Written { id: record.id, version: record.version, change }
}

enum Ready {
    Unchanged(Written),
    Stored(Box<Stored>),
}

fn prepare(
    tx: &TenantTx,
    entity: &Entity,
    context: &Context,
    record: Option<Record>,
    given: &Map<String, Value>,
) -> Result<Ready, Error> {
    let (record, is_change) = match record {
        None => {
            let (state, values) = create_record::complete(entity, context, given)?;
            (create_record::new((tx.clock(), tx.now()), &tx.context().actor().id, state, values), false)
        }
        Some(record) => {
            let values = update_record::changed_values(entity, context, &record, given)?;
            if check::changed(&record.values, &values).is_empty() {
                return Ok(Ready::Unchanged(written(&record, Change::Unchanged)));
            }
            (update_record::next(tx, record, values), true)
        }
    };
    let traces = Traces::of(entity, &record.values);
    Ok(Ready::Stored(Box::new(Stored { record, traces, is_change })))
}

/// Takes out the candidates of which something is wrong.
fn refuse(
    candidates: &mut Vec<Candidate>,
    results: &mut [Option<Result<Written, Error>>],
    wrong: impl Fn(&Candidate) -> Option<Error>,
) {
    candidates.retain(|candidate| match wrong(candidate) {
        None => true,
        Some(error) => {
            if let Some(result) = results.get_mut(candidate.place) {
                *result = Some(Err(error));
            }
            false
        }
    });
}

/// The places of the candidates that want a value which comes once and which another record has, or an earlier one of them
/// gets, with the field to blame. None where a value is that of a record which the batch changes: it depends on the order then.
async fn taken_values(
    tx: &mut TenantTx,
    entity: &Entity,
    candidates: &[Candidate],
    mut rehearsal: Option<&mut Rehearsal>,
) -> Result<Option<HashMap<usize, String>>, Error> {
    let unique = |candidate: &'_ Candidate| candidate.stored.traces.unique.clone();
    let wanted: Vec<(&str, &str)> = candidates
        .iter()
        .flat_map(|candidate| &candidate.stored.traces.unique)
        .map(|value| (value.rule.as_str(), value.value.as_str()))
        .collect();
    let owners = many::owners(tx, entity.id, &wanted).await?;
    let changed: HashSet<Uuid> = candidates
        .iter()
        .filter(|candidate| candidate.stored.is_change)
        .map(|candidate| candidate.stored.record.id.uuid())
        .collect();
    let (mut claimed, mut taken) = (HashSet::new(), HashMap::new());
    for candidate in candidates {
        let id = candidate.stored.record.id.uuid();
        let values: Vec<UniqueValue> = unique(candidate);
        let mut lost = None;
        for value in &values {
            let key = (value.rule.clone(), value.value.clone());
            match owners.get(&key) {
                Some(owner) if *owner != id && changed.contains(owner) => return Ok(None),
                Some(owner) if *owner != id => lost = lost.or(Some(value.field.clone())),
                _ if claimed.contains(&key) => lost = lost.or(Some(value.field.clone())),
                _ if rehearsal.as_ref().is_some_and(|rehearsal| rehearsal.is_taken(value, id)) => {
                    lost = lost.or(Some(value.field.clone()));
                }
                _ => {}
            }
        }
        if let Some(field) = lost {
            taken.insert(candidate.place, field);
            continue;
        }
        for value in values {
            if let Some(rehearsal) = &mut rehearsal {
                rehearsal.take(&value, id);
            }
            claimed.insert((value.rule, value.value));
        }
    }
    Ok(Some(taken))
}

/// Gives the records that are made their numbers, in their order.
async fn number(
    tx: &mut TenantTx,
    entity: &Entity,
    context: &Context,
    candidates: &mut [Candidate],
) -> Result<(), Error> {
    let Some(numbering) = &entity.def.numbering else { return Ok(()) };
    let pattern = create_record::pattern(entity, numbering)?;
    let series = create_record::series(entity);
    let mut made: Vec<_> = candidates
        .iter_mut()
        .filter(|candidate| !candidate.stored.is_change)
        .map(|candidate| {
            let date = create_record::number_date(numbering, context, &candidate.stored.record.values);
            (date, candidate)
        })
        .collect();
    for run in made.chunk_by_mut(|(one, _), (next, _)| one == next) {
        let Some((date, _)) = run.first() else { continue };
        let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
        let first = take_numbers(tx, &series, &pattern, *date, count).await?;
        for (sequence, (date, candidate)) in (first..).zip(run.iter_mut()) {
            let stored = &mut candidate.stored;
            let number = Value::from(pattern.format(*date, sequence));
            stored.record.values.insert(numbering.field.to_string(), number);
            stored.traces = Traces::of(entity, &stored.record.values);
        }
    }
    Ok(())
}
