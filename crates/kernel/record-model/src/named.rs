//! The records and files that a record's values name, in fields and in lines.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_entity::{EntityKey, FieldDef, FieldType, ReferenceType};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Entity;

/// Which record has taken the place of which.
pub type Successors = BTreeMap<Uuid, Uuid>;

fn reference(field: &FieldDef) -> Option<&ReferenceType> {
    match &field.kind {
        FieldType::Reference(reference) | FieldType::References(reference) => Some(reference),
        _ => None,
    }
}

/// Whether lines of the entity's records name other records.
pub fn names_in_lines(entity: &Entity) -> bool {
    let names = |field: &FieldDef| match &field.kind {
        FieldType::Child(child) => child.fields.iter().any(|own| reference(own).is_some()),
        _ => false,
    };
    entity.def.fields.iter().any(names)
}

/// Lets values that name records of `target` name their successors. Says whether any did.
pub fn repoint(
    entity: &Entity,
    target: &EntityKey,
    successors: &Successors,
    values: &mut Map<String, Value>,
) -> bool {
    let names = |field: &FieldDef| reference(field).is_some_and(|reference| reference.entity == *target);
    let mut is_any = false;
    for field in &entity.def.fields {
        let Some(value) = values.get_mut(field.key.as_str()) else { continue };
        if names(field) {
            is_any |= repoint_value(successors, value);
        }
        let FieldType::Child(child) = &field.kind else { continue };
        let lines = value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        for line in lines {
            for own in child.fields.iter().filter(|own| names(own)) {
                is_any |=
                    line.get_mut(own.key.as_str()).is_some_and(|value| repoint_value(successors, value));
            }
        }
    }
    is_any
}

fn repoint_value(successors: &Successors, value: &mut Value) -> bool {
    let successor = |value: &Value| successors.get(&Uuid::parse_str(value.as_str()?).ok()?).copied();
    match value {
        Value::Array(list) => {
            if !list.iter().any(|one| successor(one).is_some()) {
                return false;
            }
            let mut kept: Vec<Value> = Vec::with_capacity(list.len());
            for one in list.drain(..) {
                let one = successor(&one).map_or(one, |id| Value::String(id.to_string()));
                if !kept.contains(&one) {
                    kept.push(one);
                }
            }
            *list = kept;
            true
        }
        one => match successor(one) {
            Some(id) => {
                *one = Value::String(id.to_string());
                true
            }
            None => false,
        },
    }
}

/// The records that lines name, by the keys of their entities.
pub fn references_in_lines(entity: &Entity, values: &Map<String, Value>) -> BTreeMap<String, Vec<Uuid>> {
    let mut named: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    each_in_lines(entity, values, &mut |field, value| {
        let Some(reference) = reference(field) else { return };
        let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let ids = list.iter().filter_map(|id| Uuid::parse_str(id.as_str()?).ok());
        named.entry(reference.entity.to_string()).or_default().extend(ids);
    });
    named
}

fn each_in_lines(entity: &Entity, values: &Map<String, Value>, see: &mut dyn FnMut(&FieldDef, &Value)) {
    for field in &entity.def.fields {
        let FieldType::Child(child) = &field.kind else { continue };
        for line in values.get(field.key.as_str()).and_then(Value::as_array).into_iter().flatten() {
            for own in &child.fields {
                if let Some(value) = line.get(own.key.as_str()) {
                    see(own, value);
                }
            }
        }
    }
}

/// The files that values name.
pub fn named_files(entity: &Entity, values: &Map<String, Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut see = |field: &FieldDef, value: &Value| {
        if matches!(field.kind, FieldType::Attachment(_)) {
            found.extend(value.as_str().map(str::to_owned));
        }
    };
    for field in &entity.def.fields {
        if let Some(value) = values.get(field.key.as_str()) {
            see(field, value);
        }
    }
    each_in_lines(entity, values, &mut see);
    found
}

/// Lets values name these files no more. Says whether they named any.
pub fn take_files(entity: &Entity, taken: &BTreeSet<String>, values: &mut Map<String, Value>) -> bool {
    let take = |field: &FieldDef, values: &mut Map<String, Value>| {
        let key = field.key.as_str();
        let named = values.get(key).and_then(Value::as_str).is_some_and(|id| taken.contains(id));
        named && matches!(field.kind, FieldType::Attachment(_)) && values.remove(key).is_some()
    };
    let mut is_any = false;
    for field in &entity.def.fields {
        is_any |= take(field, values);
        let FieldType::Child(child) = &field.kind else { continue };
        let lines = values.get_mut(field.key.as_str()).and_then(Value::as_array_mut);
        for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
            for own in &child.fields {
                is_any |= take(own, line);
            }
        }
    }
    is_any
}
