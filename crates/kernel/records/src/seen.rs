//! Records and entities as expressions outside of this service see them: for whoever decides about records by conditions.

use std::collections::BTreeMap;

use athyper_kernel_cel::{Type, Value as CelValue};
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_error::FieldError;
use athyper_kernel_rules::{cel_type, cel_value, filter_schema};
use athyper_kernel_types::Id;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::entity::Entity;
use crate::record::Record;
use crate::store::records;

/// The fields of an entity with the types that expressions know, without those that every record has.
pub fn seen_fields(entity: &Entity) -> BTreeMap<String, Type> {
    entity.def.fields.iter().map(|field| (field.key.to_string(), cel_type(&field.kind))).collect()
}

/// The record of this id as an expression sees it, an object of its fields and of what every record has; deleted or not.
///
/// # Errors
/// When the database does not answer.
pub async fn find_seen(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    id: Uuid,
) -> Result<Option<CelValue>, DbError> {
    let record = records::find(tx, entity, Id::from_uuid(id)).await?;
    Ok(record.map(|record| seen(entity, &record)))
}

/// At most `limit` records of an entity that are not deleted, the newest first, each as [`find_seen`] gives it.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_seen(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    limit: u32,
) -> Result<Vec<(Uuid, CelValue)>, DbError> {
    let found = records::newest(tx, entity, limit).await?;
    Ok(found.iter().map(|record| (record.id.uuid(), seen(entity, record))).collect())
}

/// A record as an expression sees it.
pub(crate) fn seen(entity: &Entity, record: &Record) -> CelValue {
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
