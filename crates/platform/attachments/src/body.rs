//! A file as clients get it.

use std::fmt::Write as _;

use athyper_kernel_records::moment;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::store::attachments::Attachment;

/// A file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = attachments::Attachment)]
pub(crate) struct AttachmentBody {
    /// Its id: the value of a field of type `attachment`.
    id: Uuid,
    /// What its sender calls it.
    name: String,
    /// Media type.
    media_type: String,
    /// Size in bytes.
    size: i64,
    /// SHA-256 digest of its content, as hexadecimal digits.
    sha256: String,
    /// When it was uploaded (RFC 3339, UTC).
    uploaded_at: String,
    /// Who uploaded it.
    uploaded_by: String,
    /// The record that holds it; null while none does.
    #[schema(nullable)]
    held_by: Option<Holder>,
}

/// The record that holds a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = attachments::Holder)]
pub(crate) struct Holder {
    /// Key of its entity.
    pub(crate) entity: String,
    /// Its id.
    pub(crate) id: Uuid,
}

impl AttachmentBody {
    pub(crate) fn of(file: &Attachment, held_by: Option<Holder>) -> Self {
        let digits = file.sha256.iter().fold(String::new(), |mut digits, byte| {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        Self {
            id: file.id,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size_bytes,
            sha256: digits,
            uploaded_at: moment(file.uploaded_at),
            uploaded_by: file.uploaded_by.clone(),
            held_by,
        }
    }
}
