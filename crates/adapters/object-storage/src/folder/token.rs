//! Signed URLs of a folder: what is allowed, in JSON, with an HMAC-SHA256 (RFC 2104) over it.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use athyper_kernel_types::TenantId;

use super::Folder;
use crate::digest::Sha256Digest;
use crate::error::StorageError;
use crate::key::{Location, ObjectKey};
use crate::signed::{SignedDownload, SignedUpload, SignedUrl, end_of};

/// Name of the parameter in the query that holds the token.
const PARAMETER: &str = "token";

/// What a verified request is allowed.
pub(crate) enum Claims {
    Download { location: Location, disposition: String },
    Upload { location: Location, content_type: String, size: u64, sha256: Option<Sha256Digest> },
}

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Token {
    tenant: TenantId,
    key: String,
    /// End of the validity, in seconds since 1970 (UTC).
    end: i64,
    #[serde(flatten)]
    action: Action,
}

/// What a token allows.
#[derive(Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Action {
    Get { disposition: String },
    Put { content_type: String, size: u64, sha256: Option<String> },
}

pub(super) fn sign_download(
    folder: &Folder,
    location: &Location,
    download: &SignedDownload,
) -> Result<SignedUrl, StorageError> {
    let expires_at = end_of(folder.clock.now(), download.valid_for);
    let action = Action::Get { disposition: download.disposition() };
    sign(folder, location, "GET", Vec::new(), expires_at, action)
}

pub(super) fn sign_upload(
    folder: &Folder,
    location: &Location,
    upload: &SignedUpload,
) -> Result<SignedUrl, StorageError> {
    let expires_at = end_of(folder.clock.now(), upload.valid_for);
    let headers =
        vec![("content-type", upload.content_type.clone()), ("content-length", upload.size.to_string())];
    let action = Action::Put {
        content_type: upload.content_type.clone(),
        size: upload.size,
        sha256: upload.sha256.map(|sha256| sha256.to_string()),
    };
    sign(folder, location, "PUT", headers, expires_at, action)
}

fn sign(
    folder: &Folder,
    location: &Location,
    method: &'static str,
    headers: Vec<(&'static str, String)>,
    expires_at: DateTime<Utc>,
    action: Action,
) -> Result<SignedUrl, StorageError> {
    let (tenant, key) = (location.tenant, location.key.to_string());
    let token = Token { tenant, key, end: expires_at.timestamp(), action };
    let said =
        serde_json::to_vec(&token).map_err(|_| StorageError::Request("the token cannot be written"))?;
    let tag = hmac::sign(&folder.signing_key, &said);
    let token = format!("{}.{}", URL_SAFE_NO_PAD.encode(&said), URL_SAFE_NO_PAD.encode(tag));
    let mut url = folder.public_url.clone();
    url.query_pairs_mut().append_pair(PARAMETER, &token);
    Ok(SignedUrl { method, url, headers, expires_at })
}

/// Checks a request and says what it is allowed.
pub(super) fn verify(folder: &Folder, request: &Parts) -> Result<Claims, StorageError> {
    let token = read(folder, request)?;
    if folder.clock.now().timestamp() >= token.end {
        return Err(StorageError::Refused("the URL has expired: ask for a new one"));
    }
    let location = Location { tenant: token.tenant, key: ObjectKey::parse(token.key)? };
    match token.action {
        Action::Get { disposition } if request.method == http::Method::GET => {
            Ok(Claims::Download { location, disposition })
        }
        Action::Put { content_type, size, sha256 } if request.method == http::Method::PUT => {
            if header(request, CONTENT_TYPE.as_str()) != Some(content_type.as_str()) {
                return Err(StorageError::Refused("the content type is not the one that was signed"));
            }
            if header(request, CONTENT_LENGTH.as_str()) != Some(size.to_string().as_str()) {
                return Err(StorageError::Refused("the content length is not the one that was signed"));
            }
            let sha256 = sha256.and_then(|digits| digits.parse().ok());
            Ok(Claims::Upload { location, content_type, size, sha256 })
        }
        _ => Err(StorageError::Refused("the URL was signed for another method")),
    }
}

/// The token of a request, if it is ours.
fn read(folder: &Folder, request: &Parts) -> Result<Token, StorageError> {
    let query = request.uri.query().unwrap_or_default();
    let (_, token) = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == PARAMETER)
        .ok_or(StorageError::Refused("the URL has no token"))?;
    let decoded = token.split_once('.').and_then(|(said, tag)| {
        Some((URL_SAFE_NO_PAD.decode(said).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?))
    });
    let (said, tag) = decoded.ok_or(StorageError::Refused("the token is none"))?;
    hmac::verify(&folder.signing_key, &said, &tag)
        .map_err(|_| StorageError::Refused("the token was not signed by us"))?;
    serde_json::from_slice(&said).map_err(|_| StorageError::Refused("the token is of another version"))
}

fn header<'r>(request: &'r Parts, name: &str) -> Option<&'r str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}
