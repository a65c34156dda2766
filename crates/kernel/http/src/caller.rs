//! Who calls: what the edge found out and every handler may rely on.

use std::net::IpAddr;
use std::sync::Arc;

use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::TenantContext;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::{Edge, ProblemResponse};

/// An authenticated, admitted caller.
#[derive(Clone, Debug)]
pub struct Caller {
    context: TenantContext,
    roles: Arc<[String]>,
    operation: Arc<str>,
    address: Option<IpAddr>,
    edge: Arc<Edge>,
}

impl Caller {
    pub(crate) fn new(
        context: TenantContext,
        roles: Arc<[String]>,
        operation: Arc<str>,
        address: Option<IpAddr>,
        edge: Arc<Edge>,
    ) -> Self {
        Self { context, roles, operation, address, edge }
    }

    /// Whose work this is.
    pub fn context(&self) -> &TenantContext {
        &self.context
    }

    /// Id of the operation that is called.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Whether the caller may do this as well; for permissions that are no operation of their own.
    pub fn may(&self, permission: &str) -> bool {
        self.edge.access.allows(permission, &self.roles)
    }

    /// Address that the request came from; none where no socket is known.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The caller of this request. A route that was mounted without the edge has none, and refuses.
    pub(crate) fn of(parts: &Parts) -> Result<Self, ProblemResponse> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("the route stands outside the edge").into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        Self::of(parts)
    }
}
