//! The files that records hold: a file is held by one record, and let go of when the record names it no more.

use std::collections::BTreeMap;

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::{AttachmentType, FieldDef, FieldType};
use athyper_kernel_error::FieldError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::entity::{Entity, RecordId, Slot};
use crate::error::Error;
use crate::record::moment;
use crate::store::attachments::{self, Attachment};

/// A file that a record names.
struct Named<'e> {
    id: Uuid,
    slot: Slot,
    /// Where it is named, as a JSON pointer.
    pointer: String,
    bounds: &'e AttachmentType,
}

/// Lets a record hold the files that its values name, and lets go of those that it named before. The slots of fields that
/// are no more keep theirs: when such a field comes back, so do its values.
///
/// # Errors
/// All fields whose files are not there, are held by another record, or are none that the field takes.
pub(crate) async fn hold(
    tx: &mut TenantTx,
    entity: &Entity,
    record: RecordId,
    values: &Map<String, Value>,
) -> Result<(), Error> {
    let slots: Vec<Slot> =
        entity.fields().filter(|(field, _)| has_files(field)).map(|(_, slot)| slot).collect();
    if slots.is_empty() {
        return Ok(());
    }
    let named = named(entity, values);
    let ids: Vec<Uuid> = named.iter().map(|file| file.id).collect();
    let files = if ids.is_empty() { Vec::new() } else { attachments::lock(tx, &ids).await? };
    let files: BTreeMap<Uuid, Attachment> = files.into_iter().map(|file| (file.id, file)).collect();
    let errors: Vec<FieldError> =
        named.iter().filter_map(|one| fault(one, files.get(&one.id), entity, record)).collect();
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    attachments::release(tx, entity.id, record, Some(&slots), &ids).await?;
    if !named.is_empty() {
        // A file that is named twice is held where it is named first.
        let places: BTreeMap<Uuid, Slot> = named.iter().rev().map(|one| (one.id, one.slot)).collect();
        attachments::hold(tx, entity.id, record, &places.into_iter().collect::<Vec<_>>()).await?;
    }
    Ok(())
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

fn named<'e>(entity: &'e Entity, values: &Map<String, Value>) -> Vec<Named<'e>> {
    let id = |value: Option<&Value>| Uuid::parse_str(value?.as_str()?).ok();
    let mut found = Vec::new();
    for (field, slot) in entity.fields() {
        let value = values.get(field.key.as_str());
        match &field.kind {
            FieldType::Attachment(bounds) => found.extend(id(value).map(|id| Named {
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
                        found.extend(id.map(|id| Named { id, slot, pointer, bounds }));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Why a record cannot hold a file.
fn fault(
    named: &Named<'_>,
    file: Option<&Attachment>,
    entity: &Entity,
    record: RecordId,
) -> Option<FieldError> {
    let error = |code: &str, message: String| Some(FieldError::new(named.pointer.clone(), code, message));
    let Some(file) = file else {
        return error("unknown_attachment", "there is no such file: upload it first".to_owned());
    };
    let own = (Some(entity.id.uuid()), Some(record.uuid()));
    if file.record_id.is_some() && (file.entity_id, file.record_id) != own {
        return error("held", "another record holds this file: upload it once more".to_owned());
    }
    let bounds = named.bounds;
    if !bounds.media_types.is_empty() && !bounds.media_types.iter().any(|kind| covers(kind, &file.media_type))
    {
        let taken = bounds.media_types.join(", ");
        return error("wrong_media_type", format!("this file is {}, {taken} is taken", file.media_type));
    }
    let size = u64::try_from(file.size_bytes).unwrap_or(u64::MAX);
    if size > bounds.max_bytes {
        let most = bounds.max_bytes;
        return error("too_large", format!("this file has {size} bytes, at most {most} are taken"));
    }
    None
}

/// Whether a media type, or all of a kind such as `image/*`, takes in another one. Their letters have no case (RFC 9110,
/// section 8.3.1).
fn covers(kind: &str, media_type: &str) -> bool {
    let (kind, media_type) = (kind.trim().to_ascii_lowercase(), media_type.to_ascii_lowercase());
    match kind.strip_suffix('*') {
        Some("" | "*/") => true,
        Some(beginning) if beginning.ends_with('/') => media_type.starts_with(beginning),
        _ => kind == media_type,
    }
}

/// A file as clients get it with a record that names it.
pub(crate) fn to_json(file: &Attachment) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "mediaType": file.media_type,
        "size": file.size_bytes,
        "uploadedAt": moment(file.uploaded_at),
        "uploadedBy": file.uploaded_by
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_covered_by_kinds() {
        for (kind, media_type, expected) in [
            ("image/*", "image/png", true),
            ("IMAGE/PNG", "image/png", true),
            ("*/*", "text/plain", true),
            ("*", "text/plain", true),
            ("image/*", "imagery/png", false),
            ("image/p*", "image/png", false),
            ("image/png", "image/jpeg", false),
        ] {
            assert_eq!(covers(kind, media_type), expected, "{kind} {media_type}");
        }
    }
}
