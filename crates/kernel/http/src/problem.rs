//! The one place where a problem becomes a response (RFC 9457).

use athyper_kernel_error::{FieldError, NeededApproval, Problem, ProblemKind};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::{RequestInfo, etag, scim};

/// Media type of a problem (RFC 9457, section 3).
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// When trying again makes sense where nobody knows better: soon, and not at once.
const RETRY_SECONDS: u32 = 2;

/// A problem on its way out. `?` makes one of every domain's error.
#[derive(Debug)]
pub struct ProblemResponse(pub Problem);

impl<E: Into<Problem>> From<E> for ProblemResponse {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// URI of the kind of problem: `urn:athyper:problem:<code>`.
    #[serde(rename = "type")]
    #[schema(example = "urn:athyper:problem:request.not_found")]
    pub kind: String,
    /// The kind in a short sentence.
    #[schema(example = "There is no such thing")]
    pub title: String,
    /// HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// Stable code to act on.
    #[schema(example = "request.not_found")]
    pub code: String,
    /// What is wrong in this case.
    #[schema(example = "there is no such account")]
    pub detail: String,
    /// The version that the record has now, where the request named another one; the `ETag` has it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<i64>,
    /// Id of the request, also in the log.
    #[schema(example = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071")]
    pub request_id: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The approvals that the request waits for; also in `Link` headers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<NeededApproval>,
}

/// The code of the problem that a response is, for the edge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProblemCode(pub(crate) &'static str);

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response {
        let problem = self.0;
        log(&problem);
        if RequestInfo::current_is_scim() {
            return with_hints(scim::error_response(&problem), &problem);
        }
        let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ProblemBody {
            kind: format!("urn:athyper:problem:{}", problem.code),
            title: problem.kind.title().to_owned(),
            status: status.as_u16(),
            code: problem.code.to_owned(),
            detail: problem.detail.clone(),
            current_version: problem.current_version,
            request_id: RequestInfo::current_id(),
            errors: problem.fields.clone(),
            approvals: problem.approvals().to_vec(),
        };
        let mut response = (status, axum::Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
        with_hints(response, &problem)
    }
}

/// Says in headers when to try again, what version there is, how to sign in, and what has to be agreed to.
fn with_hints(mut response: Response, problem: &Problem) -> Response {
    response.extensions_mut().insert(ProblemCode(problem.code));
    let headers = response.headers_mut();
    let is_passing = matches!(problem.kind, ProblemKind::Unavailable | ProblemKind::RateLimited);
    if let Some(seconds) = problem.retry_after_seconds.or(is_passing.then_some(RETRY_SECONDS)) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(version) = problem.current_version
        && let Ok(tag) = HeaderValue::try_from(etag(version))
    {
        headers.insert(header::ETAG, tag);
    }
    for approval in problem.approvals() {
        // RFC 8288, section 3.
        if let Ok(link) = HeaderValue::try_from(format!("<{}>; rel=\"related\"", approval.href)) {
            headers.append(header::LINK, link);
        }
    }
    if problem.kind == ProblemKind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A failure is logged once, here at the border, with its chain; a caller's mistake only at debug level.
fn log(problem: &Problem) {
    // Saying that this process takes no work now is no failure of a request; a part that is away has a cause.
    let is_failure =
        problem.kind.is_fault() && (problem.cause.is_some() || problem.kind != ProblemKind::Unavailable);
    let cause = problem.cause_chain().unwrap_or_default();
    if is_failure {
        tracing::error!(code = problem.code, detail = problem.detail, cause, "request failed");
    } else {
        tracing::debug!(code = problem.code, detail = problem.detail, cause, "request refused");
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_db::DbError;

    use super::*;

    #[test]
    fn what_passes_says_when_to_try_again() {
        let retry_after = |problem: ProblemResponse| {
            let response = problem.into_response();
            let after = response.headers().get(header::RETRY_AFTER);
            (response.status().as_u16(), after.map(|value| value.to_str().unwrap().to_owned()))
        };
        for away in [
            sqlx::Error::PoolTimedOut,
            sqlx::Error::PoolClosed,
            sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()),
        ] {
            assert_eq!(retry_after(DbError::from(away).into()), (503, Some("2".to_owned())));
        }
        let told = Problem::new(ProblemKind::Unavailable, "a.b", "c").retry_after(7);
        assert_eq!(retry_after(told.into()), (503, Some("7".to_owned())));
        assert_eq!(retry_after(Problem::internal("a defect does not pass").into()), (500, None));
        assert_eq!(retry_after(Problem::not_found("account").into()), (404, None));
    }
}
