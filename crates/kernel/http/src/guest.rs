//! Requests of somebody who has no identity yet: signing in, and what leads to it.
//!
//! An operation is one of theirs when its document says that it needs no security (`security(())`). Its handler takes a
//! [`GuestCommand`]: it says itself which tenant it is about, and asks for a proof, such as a password or a one-time token.

use std::net::IpAddr;
use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{Environment, IamConfig};
use athyper_kernel_db::Database;
use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::{Actor, ClaimKeys, ContextRequest, TenantContext};
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::admit::context_of;
use crate::body::read_all;
use crate::origin::from_address;
use crate::{Edge, Json, ProblemResponse, RequestInfo};

/// Somebody without an identity.
#[derive(Clone, Debug)]
pub struct Guest {
    operation: Arc<str>,
    info: Option<RequestInfo>,
    edge: Arc<Edge>,
}

impl Guest {
    pub(crate) fn new(operation: Arc<str>, info: Option<RequestInfo>, edge: Arc<Edge>) -> Self {
        Self { operation, info, edge }
    }

    /// The context of the tenant that the guest names, in which this actor works. The request counts against the tenant's
    /// limits; one that proves nothing is counted against its address by [`failed`](Self::failed).
    ///
    /// # Errors
    /// 404 for an unknown tenant, 403 for a suspended one, 429 for who calls too often or failed too often.
    pub async fn enter(
        &self,
        realm: &str,
        tenant: &str,
        actor: &Actor,
    ) -> Result<TenantContext, ProblemResponse> {
        if let Some(rates) = &self.edge.rates {
            rates.may_try(self.address()).await?;
        }
        let claims = ClaimKeys {
            realm: Some(realm.to_owned()),
            tenant: Some(tenant.to_owned()),
            ..ClaimKeys::default()
        };
        let request = ContextRequest { claims: Some(claims), ..ContextRequest::default() };
        let context = context_of(&self.edge, actor, &request, self.info.as_ref()).await?;
        let span = tracing::Span::current();
        span.record("realm", context.realm_key()).record("tenant", context.tenant_key());
        if let Some(rates) = &self.edge.rates {
            rates.request(context.tenant_id(), &self.operation).await.1?;
        }
        Ok(context)
    }

    /// Counts an attempt that proved nothing against the address that it came from.
    pub async fn failed(&self) {
        if let Some(rates) = &self.edge.rates {
            rates.failed(self.address()).await;
        }
    }

    /// Address that the request came from; none where no socket is known.
    pub fn address(&self) -> Option<IpAddr> {
        self.info.as_ref().and_then(|info| info.origin.client)
    }

    /// Id, trace and origin of the request.
    pub fn info(&self) -> Option<&RequestInfo> {
        self.info.as_ref()
    }

    /// Where transactions are opened.
    pub fn database(&self) -> &Database {
        &self.edge.database
    }

    /// Realms and their rules.
    pub fn iam(&self) -> &IamConfig {
        &self.edge.iam
    }

    /// Environment of the process.
    pub fn environment(&self) -> Environment {
        self.edge.environment
    }

    /// The event with the address that the request came from.
    #[must_use]
    pub fn trace(&self, event: AuditEvent) -> AuditEvent {
        from_address(event, self.address())
    }
}

/// What the handler of an open route takes: who asks, and the decoded JSON body.
#[derive(Debug)]
pub struct GuestCommand<B> {
    /// Who asks.
    pub guest: Guest,
    /// The body.
    pub body: B,
}

impl<S: Send + Sync, B: DeserializeOwned + Send> FromRequest<S> for GuestCommand<B> {
    type Rejection = ProblemResponse;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ProblemResponse> {
        let (parts, body) = request.into_parts();
        let guest = parts.extensions.get::<Guest>().cloned();
        let guest = guest.ok_or_else(|| Problem::internal("the route stands outside the edge"))?;
        let bytes = read_all(body, guest.edge.limits.body_bytes).await?;
        let Json(body) = Json::<B>::decode(&parts.headers, &bytes)?;
        Ok(Self { guest, body })
    }
}
