//! How a record is stored: what all commands that change records have in common.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_record_model::{Entity, Error, Record, Traces};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::commands::update_record;
use crate::files;
use crate::store::{records, references, traces, unique};
use crate::{matches, named};

/// The version of a record that is made: nothing is there of it that would have to give way.
pub(crate) const FIRST_VERSION: i64 = 1;

/// Stores a record that is not deleted, with all that makes it found, and keeps the version.
///
/// # Errors
/// When a value that comes once is taken, when it holds while another record holds, or when it names a record that is not
/// there.
pub(crate) async fn store(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    record: &Record,
    action: &str,
) -> Result<(), Error> {
    let found = Traces::of(entity, &record.values);
    check_references(tx, entities, entity, &found).await?;
    named::check_lines(tx, entities, entity, &record.values).await?;
    files::hold(tx, entities, entity, record.id, &record.values).await?;
    let is_new = record.version == FIRST_VERSION;
    if !is_new {
        unique::free(tx, entity.id, record.id, &found.unique).await?;
    }
    let taken = unique::take(tx, entity.id, record.id, &found.unique).await?;
    if let Some(value) = taken.first().and_then(|place| found.unique.get(*place)) {
        return Err(Error::Taken(taken_error(entity, &value.field)));
    }
    if let (Some(time), Some(effective)) = (&found.effective, &entity.def.effective) {
        let pointer = format!("/{}", effective.from);
        if time.ends_on.is_some_and(|end| end < time.starts_on) {
            let pointer = format!("/{}", effective.until);
            let field = FieldError::new(pointer, "order", "the last day is before the first");
            return Err(Error::Invalid(vec![field]));
        }
        if let Some((from, until)) = traces::hold(tx, entity.id, record.id, time).await? {
            return Err(Error::Overlaps(FieldError::new(pointer, "overlap", overlap(from, until))));
        }
    }
    records::put(tx, entity, record, &found.values, action).await?;
    if entity.has_words() {
        traces::put_words(tx, entity.id, record.id, &found.words).await?;
    }
    if !is_new || !found.references.is_empty() {
        references::put(tx, entity.id, record.id, &found.references).await?;
    }
    matches::enter(tx, entity, record.id, &found.matches).await
}

/// Marks a record as deleted, takes away what makes it found, and keeps the version.
pub(crate) async fn remove(
    tx: &mut TenantTx,
    entity: &Entity,
    record: &Record,
    action: &str,
) -> Result<(), Error> {
    let mut gone = update_record::next(tx, record.clone(), record.values.clone());
    gone.deleted = Some((gone.updated_at, gone.updated_by.clone()));
    records::put(tx, entity, &gone, &[], action).await?;
    traces::clear(tx, entity.id, record.id).await?;
    Ok(())
}

pub(crate) fn taken_error(entity: &Entity, field: &str) -> FieldError {
    let rule =
        entity.def.unique.iter().find(|rule| rule.fields.first().is_some_and(|key| key.as_str() == field));
    let own = rule.map(|rule| rule.message.text("en")).filter(|text| !text.is_empty());
    let message = own.unwrap_or("another record has this value, and it comes once");
    FieldError::new(format!("/{field}"), "taken", message)
}

fn overlap(from: NaiveDate, until: Option<NaiveDate>) -> String {
    match until {
        Some(until) => format!("another record holds from {from} to {until}"),
        None => format!("another record holds from {from} on"),
    }
}

/// Whether the records that a record names are there.
async fn check_references(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    found: &Traces,
) -> Result<(), Error> {
    let existing = existing(tx, entities, entity, std::iter::once(found)).await?;
    let errors = unknown_records(entity, found, &existing);
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Records that are there, by the key of their entity.
pub(crate) type Existing = BTreeMap<String, HashSet<Uuid>>;

/// Which of all the records that are named here are there and not deleted. They stay so until the transaction ends.
pub(crate) async fn existing(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    found: impl Iterator<Item = &Traces>,
) -> Result<Existing, Error> {
    let mut named: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
    for (_, target, id) in found.flat_map(|found| &found.references) {
        match named.get_mut(target) {
            Some(ids) => drop(ids.insert(*id)),
            None => drop(named.insert(target.clone(), BTreeSet::from([*id]))),
        }
    }
    let mut there = Existing::new();
    for (target, ids) in named {
        let key = EntityKey::parse(&target).ok();
        let other = match &key {
            Some(key) if *key != entity.def.key => entities.find(tx, key).await?,
            _ => None,
        };
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let existing = match (&other, &key) {
            (Some(other), _) => records::existing(tx, other, &ids).await?,
            (None, Some(key)) if *key == entity.def.key => records::existing(tx, entity, &ids).await?,
            _ => Vec::new(),
        };
        there.insert(target, existing.into_iter().collect());
    }
    Ok(there)
}

/// The fields that name a record which is not there.
pub(crate) fn unknown_records(entity: &Entity, found: &Traces, existing: &Existing) -> Vec<FieldError> {
    let is_there = |target: &str, id: &Uuid| existing.get(target).is_some_and(|ids| ids.contains(id));
    let mut errors = Vec::new();
    for (field, slot) in entity.fields() {
        let mut named = found.references.iter().filter(|(of, _, _)| *of == slot);
        if let Some((_, target, _)) = named.find(|(_, target, id)| !is_there(target, id)) {
            let message = format!("there is no such record of {target}");
            errors.push(FieldError::new(format!("/{}", field.key), "unknown_record", message));
        }
    }
    errors
}
