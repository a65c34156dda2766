//! How SCIM wants bodies and errors: in its own media type and form (RFC 7644, sections 3.1 and 3.12).

use async_trait::async_trait;
use athyper_kernel_error::{Problem, ProblemKind};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::{decode_json, media_type, read_all, require_media_type};
use crate::{Body, Intake};

/// Below this path SCIM is spoken.
pub(crate) const BASE: &str = "/scim/";

/// Media type of its messages.
pub(crate) const MEDIA_TYPE: &str = "application/scim+json";

/// What a code begins with whose rest is a keyword of SCIM.
const PREFIX: &str = "scim.";

/// A JSON document in the media type of SCIM, or in that of JSON.
#[derive(Clone, Debug)]
pub struct ScimJson<T>(pub T);

#[async_trait]
impl<T: DeserializeOwned + Send> Body for ScimJson<T> {
    async fn take(
        headers: &HeaderMap,
        body: axum::body::Body,
        intake: &Intake<'_>,
    ) -> Result<(Bytes, Self), Problem> {
        let bytes = read_all(body, intake.limits.body_bytes).await?;
        if media_type(headers) != "application/json" {
            require_media_type(headers, MEDIA_TYPE)?;
        }
        let decoded = decode_json(&bytes)?;
        Ok((bytes, Self(decoded)))
    }
}

/// An error as SCIM has it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimErrorBody {
    /// Says that it is one.
    pub schemas: [&'static str; 1],
    /// HTTP status.
    #[schema(example = "400")]
    pub status: String,
    /// Keyword (RFC 7644, table 9).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalidFilter")]
    pub scim_type: Option<String>,
    /// What is wrong in this case.
    pub detail: String,
}

/// The response of a problem. What we call a broken rule is a bad request there.
pub(crate) fn error_response(problem: &Problem) -> Response {
    let status = match problem.kind {
        ProblemKind::Invalid => StatusCode::BAD_REQUEST,
        kind => StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut detail = problem.detail.clone();
    for field in &problem.fields {
        detail.push_str("; ");
        if !field.pointer.is_empty() {
            detail.push_str(&field.pointer);
            detail.push_str(": ");
        }
        detail.push_str(&field.message);
    }
    let body = ScimErrorBody {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
        status: status.as_u16().to_string(),
        scim_type: keyword(problem),
        detail,
    };
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// The keyword of a problem (RFC 7644, table 9): that of its code, or the one of its kind.
fn keyword(problem: &Problem) -> Option<String> {
    match (problem.code.strip_prefix(PREFIX), problem.kind) {
        (Some(words), _) => Some(camel_case(words)),
        (None, ProblemKind::Malformed) => Some("invalidSyntax".to_owned()),
        (None, ProblemKind::Invalid) => Some("invalidValue".to_owned()),
        _ => None,
    }
}

/// `invalidFilter` of `invalid_filter`.
fn camel_case(words: &str) -> String {
    let mut text = String::new();
    for (at, word) in words.split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if at > 0 => text.extend(first.to_uppercase()),
            first => text.extend(first),
        }
        text.push_str(letters.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use athyper_kernel_error::FieldError;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_problem_has_the_form_of_the_protocol() {
        let refused = Problem::new(ProblemKind::Malformed, "scim.invalid_filter", "no filter");
        let broken = Problem::new(ProblemKind::Invalid, "iam.invalid_profile", "wrong")
            .with_fields(vec![FieldError::new("/profile/locale", "invalid", "send a tag")]);
        for (problem, expected) in [
            (refused, r#""status":"400","scimType":"invalidFilter","detail":"no filter""#),
            (
                broken,
                r#""status":"400","scimType":"invalidValue","detail":"wrong; /profile/locale: send a tag""#,
            ),
            (Problem::not_found("user"), r#""status":"404","detail":"there is no such user""#),
        ] {
            let response = error_response(&problem);
            assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            let start = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"#;
            assert_eq!(bytes, format!("{start}{expected}}}"));
        }
    }
}
