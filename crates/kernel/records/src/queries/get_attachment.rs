//! Reads what is known of a file, or the file.

use std::fmt::Write as _;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, RecordProblems, Reply, etag, file_key};
use athyper_kernel_types::Id;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::deps::Own;
use crate::entity::EntityId;
use crate::error::Error;
use crate::record::moment;
use crate::store::attachments::{self, Attachment};
use crate::store::entities;

/// The version of the content of every file.
const CONTENT_VERSION: i64 = 1;

/// Marker of a file's id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AttachmentMarker {}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::Attachment)]
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
#[schema(as = records::Holder)]
pub(crate) struct Holder {
    /// Key of its entity.
    entity: String,
    /// Its id.
    id: Uuid,
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

/// Read what is known of a file
#[utoipa::path(
    get,
    path = "/v1/records/attachments/{id}",
    operation_id = "records.get_attachment",
    tag = "records",
    params(("id" = String, Path, description = "Id of the file", format = Uuid)),
    responses((status = 200, description = "What is known of the file", body = AttachmentBody), RecordProblems)
)]
pub(crate) async fn get_attachment(
    State(deps): State<Own>,
    PathId(id): PathId<AttachmentMarker>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let file = find(&mut read.tx, id).await?;
    let holder = match (file.entity_id, file.record_id) {
        (Some(entity), Some(record)) => {
            let entity =
                entities::by_id(&mut read.tx, deps.entities.system(), EntityId::from_uuid(entity)).await?;
            entity.map(|entity| Holder { entity: entity.def.key.to_string(), id: record })
        }
        _ => None,
    };
    read.reply(version(&file), &AttachmentBody::of(&file, holder))
}

/// What tells one state of a file from another: only who holds it changes.
fn version(file: &Attachment) -> i64 {
    let holder = file.record_id.map_or(1, |record| record.as_u128() & u128::from(u32::MAX));
    i64::try_from(holder).unwrap_or(1)
}

/// Download a file
///
/// As it was uploaded, to be saved and not to be shown: a browser does not run what somebody has sent.
#[utoipa::path(
    get,
    path = "/v1/records/attachments/{id}/content",
    operation_id = "records.download_attachment",
    tag = "records",
    params(("id" = String, Path, description = "Id of the file", format = Uuid)),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        RecordProblems
    )
)]
pub(crate) async fn download_attachment(
    State(deps): State<Own>,
    PathId(id): PathId<AttachmentMarker>,
    mut read: Read<NoQuery>,
) -> Result<Response, ProblemResponse> {
    let file = find(&mut read.tx, id).await?;
    let tenant = read.tx.tenant_id();
    // The content of an id never changes.
    if read.has(CONTENT_VERSION) {
        return Ok(Reply::not_modified().version(CONTENT_VERSION).into_response());
    }
    // No transaction is open while a slow reader takes the file.
    drop(read);
    let content = deps.uploads.open(tenant, &file_key(file.id)).await.map_err(Problem::from)?;
    let mut response = Response::new(Body::from_stream(content));
    let headers = response.headers_mut();
    let text = |text: &str, instead: &'static str| {
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(instead))
    };
    headers.insert(header::CONTENT_TYPE, text(&file.media_type, "application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, text(&disposition(&file.name), "attachment"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::ETAG, text(&etag(CONTENT_VERSION), ""));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size_bytes));
    Ok(response)
}

async fn find(tx: &mut impl TenantConnection, id: Id<AttachmentMarker>) -> Result<Attachment, Error> {
    attachments::find(tx, &[id.uuid()]).await?.pop().ok_or(Error::AttachmentNotFound)
}

/// That a file is to be saved under a name (RFC 6266, section 4.3; RFC 8187, section 3.2.1).
fn disposition(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_header() {
        assert_eq!(
            disposition("a b\"\r\n;é.txt"),
            "attachment; filename*=UTF-8''a%20b%22%0D%0A%3B%C3%A9.txt"
        );
    }
}
