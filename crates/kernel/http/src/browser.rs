//! The other credential: the session of a browser, which a cookie names. Whoever keeps sessions implements the port.

use async_trait::async_trait;
use athyper_kernel_error::Problem;
use axum::http::{HeaderMap, HeaderValue, Method};
use uuid::Uuid;

use crate::{Identity, RequestInfo};

/// What is looked at of a request that may come from a browser with a session.
#[derive(Clone, Copy, Debug)]
pub struct BrowserRequest<'r> {
    /// The method: one that changes something needs more than the cookie.
    pub method: &'r Method,
    /// All headers.
    pub headers: &'r HeaderMap,
    /// Id and origin of the request.
    pub info: Option<&'r RequestInfo>,
}

/// A session that lets a request in.
#[derive(Clone, Debug)]
pub struct BrowserSession {
    /// Who it is, as a bearer token would say it.
    pub identity: Identity,
    /// The session. It stays the same while the id that the cookie holds changes.
    pub id: Uuid,
    /// Cookies that the answer sets.
    pub cookies: Vec<HeaderValue>,
}

/// A session that does not let a request in.
#[derive(Debug)]
pub struct SessionRefused {
    /// The answer.
    pub problem: Problem,
    /// Cookies that the answer sets: it may take the useless one away.
    pub cookies: Vec<HeaderValue>,
}

impl<E: Into<Problem>> From<E> for SessionRefused {
    fn from(error: E) -> Self {
        Self { problem: error.into(), cookies: Vec::new() }
    }
}

/// Knows the sessions of browsers.
#[async_trait]
pub trait BrowserSessions: Send + Sync {
    /// Who the request comes from; none when it shows no session. It is asked only of a request without an `Authorization` header.
    ///
    /// # Errors
    /// A session that has ended, is unknown or is another realm's: kind `Unauthenticated`. A change that a page elsewhere may have
    /// forged: `Forbidden`. `Unavailable` when nobody can say.
    async fn admit(&self, request: BrowserRequest<'_>) -> Result<Option<BrowserSession>, SessionRefused>;
}
