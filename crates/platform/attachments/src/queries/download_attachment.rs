//! Gives a file as it was uploaded.

use std::fmt::Write as _;

use athyper_kernel_db::TenantConnection as _;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, RecordProblems, Reply, etag, file_key};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::Deps;
use crate::queries::{AttachmentMarker, find};

/// The version of the content of every file.
const CONTENT_VERSION: i64 = 1;

/// Download a file
///
/// As it was uploaded, to be saved and not to be shown: a browser does not run what somebody has sent.
#[utoipa::path(
    get,
    path = "/v1/records/attachments/{id}/content",
    operation_id = "attachments.download_attachment",
    tag = "attachments",
    params(("id" = String, Path, description = "Id of the file", format = Uuid)),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        RecordProblems
    )
)]
pub(crate) async fn download_attachment(
    State(deps): State<Deps>,
    PathId(id): PathId<AttachmentMarker>,
    mut read: Read<NoQuery>,
) -> Result<Response, ProblemResponse> {
    let caller = read.caller().clone();
    let file = find(&mut read.tx, &deps, &caller, id).await?;
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
