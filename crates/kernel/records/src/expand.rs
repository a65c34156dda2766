//! What records name, one level deep: other records and files.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantConnection;
use athyper_kernel_entity::FieldType;
use athyper_kernel_record_model::{Entity, Error, Record, Slot, query_error};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::guard::Guard;
use crate::store::{records, references};

/// Most records that refer to a record and are given with it; the others are read by a list of theirs.
const MOST_REFERRING: i64 = 50;

/// What is given with records.
#[derive(Default)]
pub(crate) struct Others {
    /// Records and files by the field that names them, and by id.
    named: BTreeMap<String, BTreeMap<String, Value>>,
    /// Records that refer to a record, by what their reference calls them there, and by the id of that record.
    referring: BTreeMap<String, BTreeMap<Uuid, Vec<Value>>>,
}

impl Others {
    /// What a record names: one, null where it is gone or not shown, or a list of those that are there and shown.
    pub(crate) fn of(&self, record: &Record, fields: &[String]) -> Value {
        let member = |key: &String| {
            if let Some(referring) = self.referring.get(key) {
                let those = referring.get(&record.id.uuid()).cloned();
                return (key.clone(), Value::Array(those.unwrap_or_default()));
            }
            let found = |id: &Value| self.named.get(key)?.get(id.as_str()?).cloned();
            let value = match record.values.get(key) {
                Some(Value::Array(ids)) => Value::Array(ids.iter().filter_map(found).collect()),
                Some(id) => found(id).unwrap_or(Value::Null),
                None => Value::Null,
            };
            (key.clone(), value)
        };
        Value::Object(fields.iter().map(member).collect::<Map<_, _>>())
    }
}

/// Reads what these records name by these fields, each once, and the records that refer to them under these names; of both those
/// that the caller may read.
///
/// # Errors
/// When a field names nothing and no reference has the name, or the database does not answer.
pub(crate) async fn expand(
    tx: &mut impl TenantConnection,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    rows: &[Record],
    fields: &[String],
) -> Result<Others, Error> {
    let mut others = Others::default();
    for key in fields {
        let kind = entity.def.field(key).map(|field| &field.kind);
        if matches!(kind, Some(FieldType::Attachment(_))) {
            let ids: BTreeSet<Uuid> = rows.iter().flat_map(|row| named(row.values.get(key))).collect();
            let ids: Vec<Uuid> = ids.into_iter().collect();
            others.named.insert(key.clone(), entities.attachments().show(tx, &ids).await?);
            continue;
        }
        if kind.is_none()
            && let Some((other, slot)) = entities.referring(tx, &entity.def.key, key).await?
        {
            guard.admit_to_domain(&other)?;
            let found = referring(tx, entity, &other, (guard, slot), rows).await?;
            others.referring.insert(key.clone(), found);
            continue;
        }
        let Some(FieldType::Reference(reference) | FieldType::References(reference)) = kind else {
            return Err(query_error(
                "expand",
                "wrong_field",
                format!("{key} names nothing that could be given too"),
            ));
        };
        let ids: BTreeSet<Uuid> = rows.iter().flat_map(|row| named(row.values.get(key))).collect();
        let found = match entities.find(tx, &reference.entity).await? {
            Some(other) => {
                guard.admit_to_domain(&other)?;
                let ids: Vec<Uuid> = ids.into_iter().collect();
                let records = records::by_ids(tx, &other, &ids).await?;
                let named = |record: &Record| {
                    let shown = guard.shown(&other, record)?;
                    Some((record.id.to_string(), record.to_json(&other.def, &shown, None)))
                };
                records.iter().filter_map(named).collect()
            }
            None => BTreeMap::new(),
        };
        others.named.insert(key.clone(), found);
    }
    Ok(others)
}

/// The records of another entity that refer to these by the field in this slot, by the id of what they refer to.
async fn referring(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    other: &Entity,
    (guard, slot): (&Guard, Slot),
    rows: &[Record],
) -> Result<BTreeMap<Uuid, Vec<Value>>, Error> {
    if let Some((field, _)) = other.fields().find(|(_, of)| *of == slot) {
        let Ok(listing) = guard.list(other) else { return Ok(BTreeMap::new()) };
        listing.open().check("expand", [field.key.as_str()])?;
    }
    let targets: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
    let pairs = references::holders(tx, entity, other, slot, &targets, MOST_REFERRING).await?;
    let ids: BTreeSet<Uuid> = pairs.iter().map(|(_, holder)| *holder).collect();
    let holders = records::by_ids(tx, other, &ids.into_iter().collect::<Vec<_>>()).await?;
    let holder = |record: &Record| {
        let shown = guard.shown(other, record)?;
        Some((record.id.uuid(), record.to_json(&other.def, &shown, None)))
    };
    let shown: BTreeMap<Uuid, Value> = holders.iter().filter_map(holder).collect();
    let mut found: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
    for (target, holder) in pairs {
        found.entry(target).or_default().extend(shown.get(&holder).cloned());
    }
    Ok(found)
}

fn named(value: Option<&Value>) -> Vec<Uuid> {
    let id = |value: &Value| Uuid::parse_str(value.as_str()?).ok();
    match value {
        Some(Value::Array(ids)) => ids.iter().filter_map(id).collect(),
        Some(one) => id(one).into_iter().collect(),
        None => Vec::new(),
    }
}
