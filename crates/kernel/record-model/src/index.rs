//! What makes a record found fast: the rows of its indexed fields, its unique values, references and words.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_entity::{FieldKey, FieldType, indexed_value, words};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::duplicates::{MatchKey, agreements};
use crate::entity::{Entity, Slot};

/// Longest value that is kept as it is where values come once; a longer one is kept as its digest.
const MAX_UNIQUE_LEN: usize = 500;

/// All that is stored of a record beside itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traces {
    /// Indexed values by slot, as texts in the order of the values; none where the field has no value.
    pub values: Vec<(Slot, Option<String>)>,
    /// Values that come once, by rule.
    pub unique: Vec<UniqueValue>,
    /// Records that it names, by slot: the key of their entity, and their ids.
    pub references: Vec<(Slot, String, Uuid)>,
    /// Its words with their weights.
    pub words: BTreeMap<String, i16>,
    /// What it agrees in with its duplicates.
    pub matches: Vec<MatchKey>,
    /// When it holds, where records of the entity hold for a time.
    pub effective: Option<EffectiveTime>,
}

/// A value that comes once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueValue {
    /// Names the rule: the fields' slots.
    pub rule: String,
    /// The value, or the digest of a long one.
    pub value: String,
    /// The field to blame when it is taken.
    pub field: String,
}

/// When a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveTime {
    /// Records that agree in this do not overlap.
    pub within: String,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day; none for no end.
    pub ends_on: Option<NaiveDate>,
}

impl Traces {
    /// What is stored of a record of these values (by key) beside itself.
    pub fn of(entity: &Entity, values: &Map<String, Value>) -> Self {
        let rows = entity
            .fields()
            .filter(|(field, slot)| entity.has_index_rows(field, *slot))
            .map(|(field, slot)| (slot, indexed_value(&field.kind, values.get(field.key.as_str()))));
        let searched = entity.fields().filter(|(field, _)| field.searchable);
        let texts = searched.filter_map(|(field, _)| values.get(field.key.as_str())?.as_str());
        Self {
            values: rows.collect(),
            unique: unique_values(entity, values),
            references: references(entity, values),
            words: words::weighted(texts),
            matches: agreements(entity, values),
            effective: effective_time(entity, values),
        }
    }
}

/// The values that come once. Where a field that must be unique has no value, nothing must be unique; within other fields no
/// value counts as a value.
fn unique_values(entity: &Entity, values: &Map<String, Value>) -> Vec<UniqueValue> {
    let value = |key: &str| values.get(key).filter(|value| !value.is_null());
    let slots = |keys: &[&str]| {
        let slots: BTreeSet<Slot> = keys.iter().filter_map(|key| entity.slot(key)).collect();
        slots.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    let mut unique = Vec::new();
    for (field, slot) in entity.fields() {
        let (Some(scope), Some(own)) = (field.unique.scope(), value(field.key.as_str())) else { continue };
        let scope: Vec<&str> = scope.iter().map(FieldKey::as_str).collect();
        let within: Vec<Value> = scope.iter().map(|key| value(key).cloned().unwrap_or(Value::Null)).collect();
        unique.push(UniqueValue {
            rule: format!("{slot} within {}", slots(&scope)),
            value: bounded(&serde_json::json!([own, within]).to_string()),
            field: field.key.to_string(),
        });
    }
    for rule in &entity.def.unique {
        let keys: Vec<&str> = rule.fields.iter().map(FieldKey::as_str).collect();
        let together: Option<Vec<&Value>> = keys.iter().map(|key| value(key)).collect();
        let (Some(together), Some(first)) = (together, keys.first()) else { continue };
        unique.push(UniqueValue {
            rule: format!("all of {}", slots(&keys)),
            value: bounded(&serde_json::json!(together).to_string()),
            field: (*first).to_owned(),
        });
    }
    unique
}

/// The value that comes once of a field whose values do so among all records; none where the field is not of that kind.
pub fn unique_key(entity: &Entity, field: &str, value: &Value) -> Option<UniqueValue> {
    let slot = entity.slot(field)?;
    let values = Map::from_iter([(field.to_owned(), value.clone())]);
    let rule = format!("{slot} within ");
    unique_values(entity, &values).into_iter().find(|unique| unique.rule == rule)
}

fn bounded(value: &str) -> String {
    if value.len() <= MAX_UNIQUE_LEN {
        return value.to_owned();
    }
    let digest = Sha256::digest(value.as_bytes());
    digest.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The records that a record names, each once by field.
pub fn references(entity: &Entity, values: &Map<String, Value>) -> Vec<(Slot, String, Uuid)> {
    let mut found = Vec::new();
    for (field, slot) in entity.fields() {
        let (FieldType::Reference(reference) | FieldType::References(reference)) = &field.kind else {
            continue;
        };
        let named = match values.get(field.key.as_str()) {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for id in named.iter().filter_map(|id| Uuid::parse_str(id.as_str()?).ok()) {
            found.push((slot, reference.entity.to_string(), id));
        }
    }
    found
}

fn effective_time(entity: &Entity, values: &Map<String, Value>) -> Option<EffectiveTime> {
    let effective = entity.def.effective.as_ref()?;
    let day = |key: &str| values.get(key)?.as_str()?.parse().ok();
    let within: Vec<Value> =
        effective.within.iter().map(|key| values.get(key.as_str()).cloned().unwrap_or(Value::Null)).collect();
    Some(EffectiveTime {
        within: bounded(&Value::Array(within).to_string()),
        starts_on: day(effective.from.as_str())?,
        ends_on: day(effective.until.as_str()),
    })
}
