//! The answer to whoever asks for a report: JSON, or a file in the form that is asked for.

use athyper_kernel_error::Problem;
use athyper_kernel_http::{ProblemResponse, Reply};
use athyper_kernel_tables::{Table, TableForm};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;

/// In which form the answer is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = statements::Format)]
pub(crate) enum Format {
    /// JSON.
    Json,
    /// CSV (RFC 4180).
    Csv,
    /// A workbook (ECMA-376).
    Xlsx,
    /// PDF.
    Pdf,
}

/// Answers with a report. The parameter decides over `Accept`.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn answer<T: Serialize>(
    headers: &HeaderMap,
    format: Option<Format>,
    name: &str,
    body: &T,
    table: impl FnOnce(&T) -> Table,
) -> Result<Response, ProblemResponse> {
    let form = match format {
        Some(Format::Json) => None,
        Some(Format::Csv) => Some(TableForm::Csv),
        Some(Format::Xlsx) => Some(TableForm::Xlsx),
        Some(Format::Pdf) => Some(TableForm::Pdf),
        None => accepted(headers),
    };
    let Some(form) = form else { return Ok(vary(Reply::ok(body)?.into_response())) };
    let written = table(body).write(form).map_err(|error| Problem::from(Error::File(error.to_string())))?;
    let mut response = Response::new(Body::from(written));
    let media_type = match form {
        TableForm::Csv => "text/csv; charset=utf-8",
        other => other.media_type(),
    };
    let disposition = format!("attachment; filename=\"{name}.{}\"", form.extension());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment")),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(vary(response))
}

fn accepted(headers: &HeaderMap) -> Option<TableForm> {
    let accept: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    TableForm::accepted(&accept.join(","))
}

/// The answer depends on `Accept` (RFC 9110, section 12.5.5).
fn vary(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}
