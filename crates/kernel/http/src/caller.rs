//! Who calls: what the edge found out and every handler may rely on.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::origin::{from_address, within};
use crate::rights::{Limits, Question, Resource, Rights, access_denied, forbidden};
use crate::{Edge, Identity, ProblemResponse};

/// An authenticated, admitted caller.
#[derive(Clone, Debug)]
pub struct Caller {
    context: TenantContext,
    identity: Arc<Identity>,
    rights: Arc<dyn Rights>,
    operation: Arc<str>,
    address: Option<IpAddr>,
    session: Option<Uuid>,
    /// The first refusal by a record's place, for the edge to write down when the handler's transaction is gone.
    refused: Arc<OnceLock<AuditEvent>>,
    edge: Arc<Edge>,
}

impl Caller {
    pub(crate) fn new(
        context: TenantContext,
        identity: Arc<Identity>,
        rights: Arc<dyn Rights>,
        operation: Arc<str>,
        address: Option<IpAddr>,
        edge: Arc<Edge>,
    ) -> Self {
        Self { context, identity, rights, operation, address, session: None, refused: Arc::default(), edge }
    }

    /// The same caller, known by this session.
    pub(crate) fn in_session(self, session: Option<Uuid>) -> Self {
        Self { session, ..self }
    }

    /// Whose work this is.
    pub fn context(&self) -> &TenantContext {
        &self.context
    }

    /// Id of the operation that is called.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The verified identity.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The principal that the caller is, where the tenant knows one.
    pub fn principal(&self) -> Option<PrincipalId> {
        self.rights.principal()
    }

    /// Whether the caller may do this as well, on any record; for permissions that are no operation of their own.
    pub fn may(&self, permission: &str) -> bool {
        let decision = self.rights.decide(&Question { operation: permission, resource: None });
        decision.allowed && !decision.is_narrow
    }

    /// The limits within which the caller may do the operation that is called: what a list of records goes by. Any of them
    /// suffices.
    pub fn reach(&self) -> Vec<Limits> {
        self.rights.reach(&self.operation)
    }

    /// Whether the caller may do this on this record.
    pub fn may_on(&self, permission: &str, resource: &Resource<'_>) -> bool {
        self.rights.decide(&Question { operation: permission, resource: Some(resource) }).allowed
    }

    /// Holds the operation that is called against this record. Every handler whose permission is declared with
    /// [`asking`](crate::Permission::asking) calls it for each record that it shows or changes. A refusal that the handler
    /// answers with is written to the audit trail by the edge.
    ///
    /// # Errors
    /// 403 when the caller may do it on other records only.
    pub fn check_on(&self, resource: &Resource<'_>) -> Result<(), Problem> {
        let question = Question { operation: &self.operation, resource: Some(resource) };
        let decision = self.rights.decide(&question);
        if decision.allowed {
            return Ok(());
        }
        // Only the first: with it the handler ends.
        self.refused.get_or_init(|| {
            access_denied(&self.operation, decision.reason).about(resource.kind, resource.id)
        });
        Err(forbidden(&self.operation))
    }

    /// The refusal by a record's place, if there was one.
    pub(crate) fn refused(&self) -> Option<&AuditEvent> {
        self.refused.get()
    }

    /// Address that the request came from; none where no socket is known.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The browser session that the caller is known by; none where a bearer token was sent.
    pub fn session(&self) -> Option<Uuid> {
        self.session
    }

    /// The event with where the request came from, and with the browser session that it is part of, if it is.
    #[must_use]
    pub fn trace(&self, event: AuditEvent) -> AuditEvent {
        within(from_address(event, self.address), self.session)
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
