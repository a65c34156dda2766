//! The platform's part of the OpenAPI document, which is shown to everybody: whoever has a token or a session gets the
//! document of the tenant at the same address.

use std::fmt;
use std::sync::Arc;

use athyper_kernel_error::Problem;
use athyper_kernel_http::ProblemResponse;
use athyper_kernel_module::PlatformDocument;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// Where the document is.
const PATH: &str = "/v1/openapi.json";

/// The document, which everybody may ask for.
pub(crate) struct OpenDocument(pub(crate) Arc<PlatformDocument>);

impl OpenDocument {
    async fn answer(&self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json"), (header::VARY, "authorization, cookie")];
        match self.0.text().await {
            Ok(text) => (json, text).into_response(),
            Err(error) => ProblemResponse::from(Problem::internal(error)).into_response(),
        }
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
        return document.answer().await;
    }
    let response = serve(request).await;
    if response.status() == StatusCode::UNAUTHORIZED { document.answer().await } else { response }
}
