//! The files that a record names. Who keeps them says whether the record can hold them, and holds them for it.

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::{FieldDef, FieldType};
use athyper_kernel_record_model::{Entity, Error, RecordId, Slot};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::ports::{Holder, NamedFile};

/// Lets a record hold the files that its values name, and lets go of those that it named before. The slots of fields that
/// are no more keep theirs: when such a field comes back, so do its values.
///
/// # Errors
/// All fields whose files the record cannot hold.
pub(crate) async fn hold(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    record: RecordId,
    values: &Map<String, Value>,
) -> Result<(), Error> {
    let slots: Vec<Slot> =
        entity.fields().filter(|(field, _)| has_files(field)).map(|(_, slot)| slot).collect();
    if slots.is_empty() {
        return Ok(());
    }
    let holder = Holder { entity: entity.id, record };
    let errors = entities.attachments().hold(tx, holder, &slots, &named(entity, values)).await?;
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Whether records of the entity name files.
pub(crate) fn has_any(entity: &Entity) -> bool {
    entity.def.fields.iter().any(has_files)
}

/// Whether a field, or a line of it, names files.
fn has_files(field: &FieldDef) -> bool {
    match &field.kind {
        FieldType::Attachment(_) => true,
        FieldType::Child(child) => child.fields.iter().any(has_files),
        _ => false,
    }
}

/// The files that these values name, in the order of the fields.
fn named<'e>(entity: &'e Entity, values: &Map<String, Value>) -> Vec<NamedFile<'e>> {
    let id = |value: Option<&Value>| Uuid::parse_str(value?.as_str()?).ok();
    let mut found = Vec::new();
    for (field, slot) in entity.fields() {
        let value = values.get(field.key.as_str());
        match &field.kind {
            FieldType::Attachment(bounds) => found.extend(id(value).map(|id| NamedFile {
                id,
                slot,
                pointer: format!("/{}", field.key),
                bounds,
            })),
            FieldType::Child(child) => {
                let lines = value.and_then(Value::as_array).into_iter().flatten().enumerate();
                for (at, line) in lines {
                    for own in &child.fields {
                        let FieldType::Attachment(bounds) = &own.kind else { continue };
                        let pointer = format!("/{}/{at}/{}", field.key, own.key);
                        let id = id(line.get(own.key.as_str()));
                        found.extend(id.map(|id| NamedFile { id, slot, pointer, bounds }));
                    }
                }
            }
            _ => {}
        }
    }
    found
}
