//! The platform's part of the OpenAPI document, which is shown to everybody: whoever has a token or a session gets the
//! document of the tenant at the same address.

use std::fmt;
use std::sync::Arc;

use athyper_kernel_error::Problem;
use athyper_kernel_http::ProblemResponse;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::OpenApi;

/// Where the document is.
const PATH: &str = "/v1/openapi.json";

/// The document, written once: it is large, and everybody may ask for it.
#[derive(Clone)]
pub(crate) struct OpenDocument(Arc<Result<Bytes, String>>);

impl OpenDocument {
    /// Writes the document.
    pub(crate) fn of(document: &OpenApi) -> Self {
        Self(Arc::new(serde_json::to_vec(document).map(Bytes::from).map_err(|error| error.to_string())))
    }

    fn answer(&self) -> Response {
        let mut response = match &*self.0 {
            Ok(document) => ([(header::CONTENT_TYPE, "application/json")], document.clone()).into_response(),
            Err(error) => return ProblemResponse(Problem::internal(error.clone())).into_response(),
        };
        let differs = HeaderValue::from_static("authorization, cookie");
        response.headers_mut().insert(header::VARY, differs);
        response
    }
}

impl fmt::Debug for OpenDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenDocument")
    }
}

/// Answers who asks for the document and shows no credentials, or a cookie that is no session. A token that cannot be
/// verified is refused as everywhere.
pub(crate) async fn show_document(
    State(document): State<OpenDocument>,
    request: Request,
    next: Next,
) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    if request.uri().path() != PATH || !is_read || has_token {
        return next.run(request).await;
    }
    if !request.headers().contains_key(header::COOKIE) {
        return document.answer();
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED { document.answer() } else { response }
}
