//! The answer of a handler: status, a few headers and a JSON body, in a form that can be stored and sent again.

use athyper_kernel_error::Problem;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use crate::{etag, scim};

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    is_replay: bool,
}

impl Reply {
    /// 200 with this body.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn ok<T: Serialize>(body: &T) -> Result<Self, Problem> {
        Self::json(200, body)
    }

    /// 200 with a body that is written as JSON already.
    pub fn written(json: Vec<u8>) -> Self {
        Self::of(200, json)
    }

    /// 201 with the place of what was made.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn created<T: Serialize>(location: String, body: &T) -> Result<Self, Problem> {
        Ok(Self::json(201, body)?.header("location", location))
    }

    /// 202 with the place where the work can be followed.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn accepted<T: Serialize>(location: String, body: &T) -> Result<Self, Problem> {
        Ok(Self::json(202, body)?.header("location", location))
    }

    /// 304: what the caller has is current (RFC 9110, section 15.4.5).
    pub fn not_modified() -> Self {
        Self { status: 304, headers: Vec::new(), body: Bytes::new(), is_replay: false }
    }

    /// 204: done, and nothing to say (RFC 9110, section 15.3.5).
    pub fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: Bytes::new(), is_replay: false }
    }

    /// The same in the media type of SCIM (RFC 7644, section 3.1).
    #[must_use]
    pub fn as_scim(mut self) -> Self {
        for (name, value) in &mut self.headers {
            if name == "content-type" {
                scim::MEDIA_TYPE.clone_into(value);
            }
        }
        self
    }

    /// Adds the version of the record as its strong `ETag`.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.header("etag", etag(version))
    }

    fn json<T: Serialize>(status: u16, body: &T) -> Result<Self, Problem> {
        Ok(Self::of(status, serde_json::to_vec(body).map_err(Problem::internal)?))
    }

    fn of(status: u16, json: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: json.into(), is_replay: false }
    }

    fn header(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    pub(crate) fn replayed(status: u16, headers: Vec<(String, String)>, body: Bytes) -> Self {
        Self { status, headers, body, is_replay: true }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        // Answers are one tenant's own; no shared cache may keep them.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if self.is_replay {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}
