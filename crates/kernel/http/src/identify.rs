//! Who sends a request: the token or the session of a browser, verified.

use std::sync::Arc;

use athyper_kernel_error::{Problem, ProblemKind};
use axum::http::{HeaderMap, HeaderValue, header};
use uuid::Uuid;

use crate::{BrowserRequest, BrowserSessions, Edge, Identity};

/// Who sends a request.
pub(crate) struct Sender {
    pub(crate) identity: Arc<Identity>,
    pub(crate) session: Option<Uuid>,
}

/// Verifies the token or the session, unless too many of this address could not be verified. A token counts before a cookie:
/// whoever sends one is a program that chose to.
pub(crate) async fn identify(
    edge: &Edge,
    request: BrowserRequest<'_>,
    cookies: &mut Vec<HeaderValue>,
) -> Result<Sender, Problem> {
    let client = request.info.and_then(|info| info.origin.client);
    let has_token = request.headers.contains_key(header::AUTHORIZATION);
    let has_cookie = edge.sessions.is_some() && request.headers.contains_key(header::COOKIE);
    if !has_token && !has_cookie {
        return Err(no_token());
    }
    if let Some(rates) = &edge.rates {
        rates.may_try(client).await?;
    }
    let sender = if let (Some(sessions), false) = (&edge.sessions, has_token) {
        in_session(&**sessions, request, cookies).await
    } else {
        let identity = edge.authenticator.authenticate(bearer(request.headers)?).await;
        identity.map(|identity| Sender { identity, session: None })
    };
    let is_wrong = matches!(&sender, Err(problem) if problem.kind == ProblemKind::Unauthenticated && problem.code != NO_TOKEN);
    if let (true, Some(rates)) = (is_wrong, &edge.rates) {
        rates.failed(client).await;
    }
    sender
}

/// Finds out whose session the cookie names.
async fn in_session(
    sessions: &dyn BrowserSessions,
    request: BrowserRequest<'_>,
    cookies: &mut Vec<HeaderValue>,
) -> Result<Sender, Problem> {
    match sessions.admit(request).await {
        Ok(Some(session)) => {
            cookies.extend(session.cookies);
            Ok(Sender { identity: Arc::new(session.identity), session: Some(session.id) })
        }
        Ok(None) => Err(no_token()),
        Err(refused) => {
            cookies.extend(refused.cookies);
            Err(refused.problem)
        }
    }
}

/// Code of a request that shows no credential at all.
const NO_TOKEN: &str = "request.no_token";

fn no_token() -> Problem {
    Problem::new(ProblemKind::Unauthenticated, NO_TOKEN, "send Authorization: Bearer <token>")
}

/// The bearer token of the request (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = headers.get(header::AUTHORIZATION).ok_or_else(no_token)?;
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(no_token)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(no_token()) }
}
