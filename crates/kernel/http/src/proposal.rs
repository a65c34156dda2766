//! Makes of a request what somebody can agree to: its digest and a readable form, or the reason why nobody can.

use std::sync::Arc;

use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_tenant_context::TenantContext;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use bytes::Bytes;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::access::OperationIndex;
use crate::approvals::Proposal;
use crate::body::{media_type, read_all};
use crate::idempotency::IdempotencyKey;

/// Largest body that is kept for whoever agrees to it, in bytes.
const MAX_BODY: usize = 64 << 10;

/// Longest path and query that are kept, in characters.
const MAX_PATH: usize = 2_000;

/// Why nobody can agree to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Its body is not JSON, or JSON that cannot be kept.
    Form,
    /// Its body or its address is larger than what is kept.
    Size,
    /// Its body has a secret, which is not kept.
    Secret,
    /// It does not say on which version of the record it is done, so that it would not be known what is agreed to.
    Version,
    /// It is one by which approvals are given.
    Own,
}

impl Unfit {
    /// The refusal of a request to which a holder of this role would have to agree.
    pub(crate) fn refusal(self, role: &str) -> Problem {
        let reason = match self {
            Self::Version => {
                let detail = format!(
                    "a policy asks that a holder of the role {role} agrees first, to one version of the record: send If-Match \
                     with the ETag that you read"
                );
                let (kind, code) = (ProblemKind::PreconditionRequired, "request.version_required");
                return Problem::new(kind, code, detail);
            }
            Self::Form => "only a body of JSON can be shown to them".to_owned(),
            Self::Size => {
                format!(
                    "a body of more than {MAX_BODY} bytes, or an address of more than {MAX_PATH}, is not kept for them"
                )
            }
            Self::Secret => "its body has a secret, which is not kept for them".to_owned(),
            Self::Own => "it is about approvals itself".to_owned(),
        };
        let detail = format!(
            "a policy asks that a holder of the role {role} agrees first, which cannot be done for this request: {reason}"
        );
        Problem::new(ProblemKind::Forbidden, "policy.approval_impossible", detail)
    }
}

/// What was made of a request.
pub(crate) struct Proposed {
    pub(crate) proposal: Result<Proposal, Unfit>,
    /// The key that it was sent with.
    pub(crate) key: Option<IdempotencyKey>,
}

/// Reads a request and puts it back. Its body is written anew from what was understood of it, so that what was shown to somebody
/// and what is done cannot be read in two ways.
///
/// # Errors
/// When the body is broken off, or larger than any operation takes.
pub(crate) async fn propose(
    operations: &OperationIndex,
    (context, operation): (&TenantContext, &Arc<str>),
    body_limit: usize,
    request: &mut Request,
) -> Result<Proposed, Problem> {
    let (mut parts, body) = std::mem::take(request).into_parts();
    let (read, body) = content(&parts, body, body_limit).await?;
    let (proposal, key) = match &read {
        Err(unfit) => (Err(*unfit), None),
        Ok(read) => {
            if parts.headers.contains_key(header::CONTENT_LENGTH) {
                parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(read.sent.len()));
            }
            let key = IdempotencyKey::of(&parts, operation, &read.sent).ok().flatten();
            (fit(operations, (context, operation), &parts, read), key)
        }
    };
    *request = Request::from_parts(parts, body);
    Ok(Proposed { proposal, key })
}

/// A body that was understood.
struct Content {
    /// As it goes on.
    sent: Bytes,
    /// Its value; none where nothing was sent.
    value: Option<Value>,
}

/// The body as far as it is JSON or empty, and what goes on to the handler.
async fn content(parts: &Parts, body: Body, limit: usize) -> Result<(Result<Content, Unfit>, Body), Problem> {
    let media = media_type(&parts.headers);
    let is_json = media == "application/json" || media.ends_with("+json");
    if !is_json && !media.is_empty() {
        return Ok((Err(Unfit::Form), body));
    }
    let bytes = read_all(body, limit).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok((Ok(Content { sent: bytes.clone(), value: None }), bytes.into()));
    }
    if bytes.len() > MAX_BODY {
        return Ok((Err(Unfit::Size), bytes.into()));
    }
    let understood = serde_json::from_slice::<Value>(&bytes).ok().filter(|value| is_json && !has_nul(value));
    let Some(value) = understood else { return Ok((Err(Unfit::Form), bytes.into())) };
    let sent = Bytes::from(serde_json::to_vec(&value).map_err(Problem::internal)?);
    Ok((Ok(Content { sent: sent.clone(), value: Some(value) }), sent.into()))
}

/// Whether a text has a NUL, which the database does not keep.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, member)| name.contains('\0') || has_nul(member)),
        _ => false,
    }
}

fn fit(
    operations: &OperationIndex,
    (context, operation): (&TenantContext, &Arc<str>),
    parts: &Parts,
    content: &Content,
) -> Result<Proposal, Unfit> {
    let method = parts.method.as_str();
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    if path.chars().count() > MAX_PATH {
        return Err(Unfit::Size);
    }
    if content.value.is_some() && operations.takes_secret(operation) {
        return Err(Unfit::Secret);
    }
    let if_match = match parts.headers.get(header::IF_MATCH).map(HeaderValue::to_str) {
        Some(Ok(tag)) => Some(tag.trim()),
        Some(Err(_)) => return Err(Unfit::Version),
        None => None,
    };
    if operations.takes_version(operation) && !if_match.is_some_and(is_one_version) {
        return Err(Unfit::Version);
    }
    let canonical = content.value.clone().map(|mut value| {
        value.sort_all_objects();
        value
    });
    let body = canonical.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut digest = Sha256::new();
    let told = [
        operation,
        method,
        path,
        context.org_key().unwrap_or_default(),
        if_match.unwrap_or_default(),
        &*body,
    ];
    for part in told {
        // Each behind its length: two different requests never read alike.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let texts = [
        ("method", Some(method)),
        ("path", Some(parts.uri.path())),
        ("query", parts.uri.query()),
        ("org", context.org_key()),
        ("ifMatch", if_match),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
    let body = content.value.clone().map(|value| ("body".to_owned(), value));
    let snapshot: Map<String, Value> = texts.chain(body).collect();
    Ok(Proposal {
        operation: Arc::clone(operation),
        path: path.to_owned(),
        digest: digest.finalize().into(),
        snapshot: snapshot.into(),
    })
}

/// Whether an `If-Match` names one version (RFC 9110, section 8.8.3): not any, and not one of several.
fn is_one_version(tag: &str) -> bool {
    let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['"', ',']))
}

#[cfg(test)]
mod tests;
