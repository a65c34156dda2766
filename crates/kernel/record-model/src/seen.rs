//! Records and entities as expressions outside of the records service see them.

use std::collections::BTreeMap;

use athyper_kernel_cel::{Type, Value as CelValue};
use athyper_kernel_error::FieldError;
use athyper_kernel_rules::{cel_type, cel_value, filter_schema};
use serde_json::{Map, Value};

use crate::entity::Entity;
use crate::record::Record;

/// The fields of an entity with the types that expressions know, without those that every record has.
pub fn seen_fields(entity: &Entity) -> BTreeMap<String, Type> {
    entity.def.fields.iter().map(|field| (field.key.to_string(), cel_type(&field.kind))).collect()
}

/// A record as an expression sees it.
pub fn seen(entity: &Entity, record: &Record) -> CelValue {
    let id = record.id.to_string();
    let own = [
        ("id", CelValue::from(id.as_str())),
        ("version", CelValue::Int(record.version)),
        ("state", record.state.as_deref().map_or(CelValue::Null, CelValue::from)),
        ("createdAt", CelValue::timestamp(record.created_at)),
        ("createdBy", CelValue::from(record.created_by.as_str())),
        ("updatedAt", CelValue::timestamp(record.updated_at)),
        ("updatedBy", CelValue::from(record.updated_by.as_str())),
    ];
    CelValue::map(own.into_iter().chain(values(entity, &record.values)))
}

/// A record as it is sent, as an expression sees it: its fields, and what every record has. What is neither is a fault; a value
/// that has not the form of its field is null.
///
/// # Errors
/// The first member that is no field, or not of its form.
pub fn seen_values(entity: &Entity, members: &Map<String, Value>) -> Result<CelValue, FieldError> {
    let own = filter_schema(&[]);
    let mut seen: Vec<(&str, CelValue)> = values(entity, members).collect();
    for (name, value) in members {
        if entity.def.field(name).is_some() {
            continue;
        }
        let Some(ty) = own.fields().get(name.as_str()) else {
            let message = format!("the entity has no field {name}");
            return Err(FieldError::new(format!("/{name}"), "unknown_field", message));
        };
        let read = CelValue::from_json(value, ty);
        let read = read.map_err(|error| FieldError::new(format!("/{name}"), "invalid", error.message))?;
        seen.push((name, read));
    }
    Ok(CelValue::map(seen))
}

fn values<'e>(
    entity: &'e Entity,
    values: &'e Map<String, Value>,
) -> impl Iterator<Item = (&'e str, CelValue)> {
    entity.def.fields.iter().filter_map(|field| {
        let key = field.key.as_str();
        Some((key, cel_value(&field.kind, values.get(key)?)))
    })
}
