//! Whether values make a record.

use athyper_kernel_entity::{FieldType, pointer_part};
use athyper_kernel_error::FieldError;
use serde_json::{Map, Value};

use crate::entity::Entity;

/// Reads the values that a client sends and lays them over those that the record has. Null takes a value away (RFC 7396).
/// Gives all values of the record as it would be.
///
/// # Errors
/// All fields that there are not, that cannot be set, or whose values cannot be taken.
pub fn merge(
    entity: &Entity,
    before: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut after, mut errors) = (before.clone(), Vec::new());
    for (key, value) in given {
        let pointer = format!("/{}", pointer_part(key));
        let Some(field) = entity.def.field(key) else {
            errors.push(FieldError::new(pointer, "unknown_field", "there is no such field"));
            continue;
        };
        let is_number = entity.def.numbering.as_ref().is_some_and(|numbering| numbering.field == field.key);
        if is_number && before.get(key) != Some(value) {
            let message = "this is the record's number, which it gets by itself: leave it out";
            errors.push(FieldError::new(pointer, "read_only", message));
        } else if value.is_null() {
            after.remove(key);
        } else if before.get(key) != Some(value) {
            match field.kind.read(value, &pointer) {
                Ok(value) => drop(after.insert(key.clone(), value)),
                Err(more) => errors.extend(more),
            }
        }
    }
    if errors.is_empty() { Ok(after) } else { Err(errors) }
}

/// The required fields that have no value.
pub fn missing(entity: &Entity, values: &Map<String, Value>) -> Vec<FieldError> {
    let lacks = |key: &str| values.get(key).is_none_or(Value::is_null);
    entity
        .def
        .fields
        .iter()
        .filter(|field| field.required && lacks(field.key.as_str()))
        .filter(|field| !matches!(field.kind, FieldType::Computed(_)))
        .map(|field| FieldError::new(format!("/{}", field.key), "required", "a value is required"))
        .collect()
}

/// The keys whose values differ.
pub fn changed(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let differs = |key: &&String| before.get(*key) != after.get(*key);
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    after.keys().filter(differs).chain(gone).cloned().collect()
}
