//! Requests of somebody who has no identity yet: signing in, and what leads to it.
//!
//! An operation is one of theirs when its document says that it needs no security (`security(())`). Its handler takes a
//! [`GuestCommand`]: it says itself which tenant it is about, and asks for a proof, such as a password or a one-time token.

use std::net::IpAddr;
use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{Environment, IamConfig};
use athyper_kernel_db::{Database, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::{Actor, ClaimKeys, ContextRequest, TenantContext};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;

use crate::admit::context_of;
use crate::body::read_all;
use crate::guest_key::GuestKey;
use crate::origin::from_address;
use crate::{Edge, Json, ProblemResponse, RequestInfo};

/// Somebody without an identity.
#[derive(Clone, Debug)]
pub struct Guest {
    operation: Arc<str>,
    info: Option<RequestInfo>,
    edge: Arc<Edge>,
    key: Option<GuestKey>,
}

/// Waits before a guest is told that something comes too often; the handler and its transaction are gone by now.
pub(crate) async fn refuse_slowly(edge: &Edge, response: Response) -> Response {
    if let (StatusCode::TOO_MANY_REQUESTS, Some(rates)) = (response.status(), &edge.rates) {
        rates.hold_back().await;
    }
    response
}

impl Guest {
    pub(crate) fn new(operation: Arc<str>, info: Option<RequestInfo>, edge: Arc<Edge>) -> Self {
        Self { operation, info, edge, key: None }
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
            rates.has_tries(self.address()).await?;
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

    /// Opens a transaction of the tenant for what the guest asks, or gives the answer that the same request got under the
    /// same `Idempotency-Key`.
    ///
    /// # Errors
    /// 409 while the same request is being served, 422 where the key was used for another one.
    pub async fn begin(&self, context: &TenantContext) -> Result<Begun, ProblemResponse> {
        let mut tx = self.edge.database.tenant_tx(context).await?;
        let Some(key) = &self.key else { return Ok(Begun::New(tx)) };
        // Ended here and not later by the pool: until then the key counts as being served.
        let answer = match key.claim(&mut tx).await {
            Ok(None) => return Ok(Begun::New(tx)),
            Ok(Some(answer)) => Ok(Begun::Answered(answer)),
            Err(problem) => Err(problem.into()),
        };
        tx.rollback().await?;
        answer
    }

    /// The answer that the same request got under the same `Idempotency-Key`, for a handler that works before it opens the
    /// transaction of [`begin`](Self::begin).
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn answered(&self, context: &TenantContext) -> Result<Option<Response>, ProblemResponse> {
        if self.key.is_none() {
            return Ok(None);
        }
        match self.begin(context).await? {
            Begun::New(tx) => {
                tx.rollback().await?;
                Ok(None)
            }
            Begun::Answered(answer) => Ok(Some(answer)),
        }
    }

    /// Keeps the answer for the `Idempotency-Key`, writes the audit event, commits, and answers. The transaction is that of
    /// [`begin`](Self::begin).
    ///
    /// # Errors
    /// When the database refuses; then nothing was kept.
    pub async fn finish(
        &self,
        mut tx: TenantTx,
        event: AuditEvent,
        answer: Response,
    ) -> Result<Response, ProblemResponse> {
        let answer = match &self.key {
            Some(key) => key.remember(&mut tx, answer).await?,
            None => answer,
        };
        tx.commit(event).await?;
        Ok(answer)
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

    /// The event with the address that the request came from. `person` is whose address it may be: the subject of their
    /// tokens, which a guest has not shown.
    #[must_use]
    pub fn trace(&self, event: AuditEvent, person: Option<&str>) -> AuditEvent {
        match (self.address(), person) {
            (Some(address), Some(person)) => event.from_address_of(person, address),
            (address, _) => from_address(event, address),
        }
    }
}

/// How a guest's request begins.
#[derive(Debug)]
pub enum Begun {
    /// It is new: the transaction in which it is served.
    New(TenantTx),
    /// It was served before: the answer that it got.
    Answered(Response),
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
        let key = GuestKey::of(&parts, &guest.operation, &bytes)?;
        Ok(Self { guest: Guest { key, ..guest }, body })
    }
}
