//! Which record holds a file: one at most, until the record names it no more.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::ports::{Attachments, Holder, NamedFile};
use athyper_kernel_records::{Slot, moment};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::attachments::{self, Attachment};

struct Kept;

/// Who keeps the files that the records service lets records hold.
pub fn attachments() -> Arc<dyn Attachments> {
    Arc::new(Kept)
}

#[async_trait]
impl Attachments for Kept {
    async fn hold(
        &self,
        tx: &mut TenantTx,
        holder: Holder,
        slots: &[Slot],
        named: &[NamedFile<'_>],
    ) -> Result<Vec<FieldError>, DbError> {
        let ids: Vec<Uuid> = named.iter().map(|file| file.id).collect();
        let files = if ids.is_empty() { Vec::new() } else { attachments::lock(tx, &ids).await? };
        let files: BTreeMap<Uuid, Attachment> = files.into_iter().map(|file| (file.id, file)).collect();
        let errors: Vec<FieldError> =
            named.iter().filter_map(|one| fault(one, files.get(&one.id), holder)).collect();
        if !errors.is_empty() {
            return Ok(errors);
        }
        attachments::release(tx, holder, Some(slots), &ids).await?;
        if !named.is_empty() {
            // A file that is named twice is held where it is named first.
            let places: BTreeMap<Uuid, Slot> = named.iter().rev().map(|one| (one.id, one.slot)).collect();
            attachments::hold(tx, holder, &places.into_iter().collect::<Vec<_>>()).await?;
        }
        Ok(Vec::new())
    }

    async fn release(&self, tx: &mut TenantTx, holder: Holder) -> Result<(), DbError> {
        attachments::release(tx, holder, None, &[]).await
    }

    async fn show(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &[Uuid],
    ) -> Result<BTreeMap<String, Value>, DbError> {
        let files = attachments::find(tx, ids).await?;
        Ok(files.iter().map(|file| (file.id.to_string(), to_json(file))).collect())
    }
}

/// Why a record cannot hold a file.
fn fault(named: &NamedFile<'_>, file: Option<&Attachment>, holder: Holder) -> Option<FieldError> {
    let error = |code: &str, message: String| Some(FieldError::new(named.pointer.clone(), code, message));
    let Some(file) = file else {
        return error("unknown_attachment", "there is no such file: upload it first".to_owned());
    };
    let own = (Some(holder.entity.uuid()), Some(holder.record.uuid()));
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
fn to_json(file: &Attachment) -> Value {
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
