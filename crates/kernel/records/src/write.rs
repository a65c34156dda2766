//! How a record is stored: what all commands that change records have in common.

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::attachments;
use crate::catalogue::Entities;
use crate::entity::Entity;
use crate::error::Error;
use crate::index::Traces;
use crate::record::Record;
use crate::store::{records, references, revisions, traces, unique};

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
    attachments::hold(tx, entity, record.id, &record.values).await?;
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
    records::put(tx, entity, record).await?;
    traces::put_values(tx, entity.id, record.id, &found.values).await?;
    if entity.has_words() {
        traces::put_words(tx, entity.id, record.id, &found.words).await?;
    }
    references::put(tx, entity.id, record.id, &found.references).await?;
    revisions::keep(tx, entity, record, action).await?;
    Ok(())
}

fn taken_error(entity: &Entity, field: &str) -> FieldError {
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
    let mut errors = Vec::new();
    for (field, slot) in entity.fields() {
        let named = found.references.iter().filter(|(of, _, _)| *of == slot);
        let ids: Vec<Uuid> = named.clone().map(|(_, _, id)| *id).collect();
        let Some((_, target, _)) = named.clone().next() else { continue };
        let target = EntityKey::parse(target).ok();
        let other = match &target {
            Some(key) if *key != entity.def.key => entities.find(tx, key).await?,
            _ => None,
        };
        let existing = match (&other, &target) {
            (Some(other), _) => records::existing(tx, other, &ids).await?,
            (None, Some(key)) if *key == entity.def.key => records::existing(tx, entity, &ids).await?,
            _ => Vec::new(),
        };
        if ids.iter().any(|id| !existing.contains(id)) {
            let message = format!(
                "there is no such record of {}",
                target.map_or_else(String::new, |key| key.to_string())
            );
            errors.push(FieldError::new(format!("/{}", field.key), "unknown_record", message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}
