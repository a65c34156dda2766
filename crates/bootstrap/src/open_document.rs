//! The platform's part of the OpenAPI document, which is shown to everybody: whoever has a token or a session gets the
//! document of the tenant at the same address.

use std::fmt;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// Where the document is.
const PATH: &str = "/v1/openapi.json";

/// The document as it is sent: it is large, and everybody may ask for it.
pub(crate) struct OpenDocument(pub(crate) Bytes);

impl OpenDocument {
    fn answer(&self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json"), (header::VARY, "authorization, cookie")];
        (json, self.0.clone()).into_response()
    }
}

impl fmt::Debug for OpenDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenDocument")
    }
}

/// Answers who asks for the document and shows no credentials, or a cookie that is no session. A token that cannot be
/// verified is refused as everywhere.
pub(crate) async fn with_document(
    document: &OpenDocument,
    request: Request,
    serve: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    if request.uri().path() != PATH || !is_read || has_token {
        return serve(request).await;
    }
    if !request.headers().contains_key(header::COOKIE) {
        return document.answer();
    }
    let response = serve(request).await;
    if response.status() == StatusCode::UNAUTHORIZED { document.answer() } else { response }
}
