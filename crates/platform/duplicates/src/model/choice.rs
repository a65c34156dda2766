//! Which values the record gets that stays after a merge.

use std::collections::BTreeMap;

use athyper_kernel_entity::{FieldDef, FieldType, pointer_part};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::{Entity, Record, RecordId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Whose value a field gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Choice {
    /// That of this record, none where it has none.
    Of(RecordId),
    /// What all records have, for fields whose values are lists: each entry once, lines as they are.
    All,
}

impl TryFrom<String> for Choice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "all" => Ok(Self::All),
            id => id.parse().map(Self::Of).map_err(|_| "the id of one of the records, or all".to_owned()),
        }
    }
}

/// The values that the record which stays gets, as far as they are others than its own; null where it loses one. What nobody
/// has chosen stays as it is, and is taken from the first of the others that has a value where it has none.
///
/// # Errors
/// All choices that cannot be.
pub(crate) fn choose(
    entity: &Entity,
    survivor: &Record,
    others: &[Record],
    choices: &BTreeMap<String, Choice>,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let faults = faults(entity, survivor, others, choices);
    if !faults.is_empty() {
        return Err(faults);
    }
    let unsettable: Vec<&str> = entity.unsettable().collect();
    let mut chosen = Map::new();
    let fields = entity.def.fields.iter().map(|field| field.key.as_str());
    for key in fields.filter(|key| !unsettable.contains(key)) {
        let all = || std::iter::once(survivor).chain(others);
        let value = match choices.get(key) {
            Some(Choice::Of(id)) => {
                all().find(|record| record.id == *id).and_then(|record| value(record, key))
            }
            Some(Choice::All) => union(all().filter_map(|record| value(record, key))),
            None => all().find_map(|record| value(record, key)),
        };
        if value.as_ref() != self::value(survivor, key).as_ref() {
            chosen.insert(key.to_owned(), value.unwrap_or(Value::Null));
        }
    }
    Ok(chosen)
}

/// A record's value; a list without entries is none.
fn value(record: &Record, key: &str) -> Option<Value> {
    let is_some = |value: &&Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    record.values.get(key).filter(is_some).cloned()
}

/// All entries of lists; an entry that is the same as one before it comes once.
fn union(lists: impl Iterator<Item = Value>) -> Option<Value> {
    let mut all: Vec<Value> = Vec::new();
    for list in lists {
        let Value::Array(list) = list else { continue };
        for entry in list {
            // Two equal lines of one record are two lines; those of two records were entered twice.
            if !all.contains(&entry) {
                all.push(entry);
            }
        }
    }
    (!all.is_empty()).then_some(Value::Array(all))
}

fn faults(
    entity: &Entity,
    survivor: &Record,
    others: &[Record],
    choices: &BTreeMap<String, Choice>,
) -> Vec<FieldError> {
    let unsettable: Vec<&str> = entity.unsettable().collect();
    let is_list = |field: &FieldDef| {
        matches!(field.kind, FieldType::MultiEnum(_) | FieldType::References(_) | FieldType::Child(_))
    };
    let mut faults = Vec::new();
    for (key, choice) in choices {
        let mut fault = |code: &str, message: &str| {
            faults.push(FieldError::new(format!("/take/{}", pointer_part(key)), code, message));
        };
        match (entity.def.field(key), choice) {
            (None, _) => fault("unknown_field", "there is no such field"),
            _ if unsettable.contains(&key.as_str()) => {
                fault("read_only", "the record that stays has this by itself");
            }
            (Some(field), Choice::All) if !is_list(field) => {
                fault("wrong_type", "only values of fields that are lists are put together");
            }
            (_, Choice::Of(id)) if *id != survivor.id && others.iter().all(|other| other.id != *id) => {
                fault("unknown_record", "this is none of the records that are merged");
            }
            _ => {}
        }
    }
    faults
}
