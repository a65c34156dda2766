//! Who calls: what the edge found out and every handler may rely on.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_policy::Obligation;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::agreement::Agreement;
use crate::grants::Limits;
use crate::judge::AskedBy;
use crate::obligations::{Tags, meet, meet_now};
use crate::origin::{from_address, within};
use crate::rights::{Question, Resource, Rights, access_denied, forbidden};
use crate::{Edge, Identity, ProblemResponse};

/// An authenticated, admitted caller.
#[derive(Clone, Debug)]
pub struct Caller {
    identity: Arc<Identity>,
    rights: Rights,
    operation: Arc<str>,
    address: Option<IpAddr>,
    session: Option<Uuid>,
    /// The first refusal by a record's place, for the edge to write down when the handler's transaction is gone.
    refused: Arc<OnceLock<AuditEvent>>,
    /// What policies add to the audit event.
    tags: Arc<Tags>,
    /// Where the request stands with those who have to agree to it, where policies may ask for that.
    agreement: Option<Arc<Agreement>>,
    edge: Arc<Edge>,
}

impl Caller {
    pub(crate) fn new(
        identity: Arc<Identity>,
        rights: Rights,
        operation: Arc<str>,
        address: Option<IpAddr>,
        (tags, edge): (Arc<Tags>, Arc<Edge>),
    ) -> Self {
        let (session, refused, agreement) = (None, Arc::default(), None);
        Self { identity, rights, operation, address, session, refused, tags, agreement, edge }
    }

    /// The same caller, with what was agreed to.
    pub(crate) fn agreeing(self, agreement: Option<Agreement>) -> Self {
        Self { agreement: agreement.map(Arc::new), ..self }
    }

    /// The same caller, known by this session.
    pub(crate) fn in_session(self, session: Option<Uuid>) -> Self {
        Self { session, ..self }
    }

    /// Whose work this is.
    pub fn context(&self) -> &TenantContext {
        self.rights.context()
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
        // A question asks nobody to agree.
        decision.allowed && !decision.is_narrow && meet_now(&decision.obligations, (&self.tags, None)).is_ok()
    }

    /// The limits within which the caller may do the operation that is called: what a list of records goes by. Any of them
    /// suffices.
    pub fn reach(&self) -> Vec<Limits> {
        self.rights.reach(&self.operation)
    }

    /// Whether the caller may do this on this record.
    pub fn may_on(&self, permission: &str, resource: &Resource<'_>) -> bool {
        let decision = self.rights.decide(&Question { operation: permission, resource: Some(resource) });
        decision.allowed && meet_now(&decision.obligations, (&self.tags, None)).is_ok()
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
            return self.meet_now(&decision.obligations);
        }
        Err(self.refuse_on((resource.kind, resource.id), decision.reason))
    }

    /// What the caller may do: for questions about records of entities.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// The refusal of the operation that is called on this record, for this reason; the edge writes it to the audit trail.
    pub fn refuse_on(&self, (kind, id): (&str, Uuid), reason: &'static str) -> Problem {
        // Only the first: with it the handler ends.
        self.refused.get_or_init(|| access_denied(&self.operation, reason).about(kind, id));
        forbidden(&self.operation)
    }

    /// Does what a decision about a record asks for beside masks.
    ///
    /// # Errors
    /// 401, 403 or 429 for what has not been done, or nobody can do here.
    pub async fn meet(&self, obligations: &[Obligation]) -> Result<(), Problem> {
        let kept = (&*self.tags, self.agreement());
        meet(obligations, (&self.rights, &self.operation), self.edge.rates.as_ref(), kept).await
    }

    /// The same without waiting: what has to be counted is refused, and so is what nobody has agreed to before the request
    /// came.
    ///
    /// # Errors
    /// 401 or 403 for what has not been done.
    pub fn meet_now(&self, obligations: &[Obligation]) -> Result<(), Problem> {
        meet_now(obligations, (&self.tags, self.agreement()))
    }

    /// Who asked for work that is done later, by a job: with it the rights are worked out again then.
    pub fn asked_by(&self) -> AskedBy {
        AskedBy { principal: self.identity.principal, roles: self.identity.roles.to_vec() }
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
        self.tags.write(within(from_address(event, self.address), self.session))
    }

    /// Where the request stands with those who have to agree to it.
    pub(crate) fn agreement(&self) -> Option<&Agreement> {
        self.agreement.as_deref()
    }

    /// Uses up what was agreed to, in the transaction of the request; gives the event with who agreed.
    ///
    /// # Errors
    /// 403 or 409 where an approval that is needed is missing or gone.
    pub(crate) async fn agreed(&self, tx: &mut TenantTx, event: AuditEvent) -> Result<AuditEvent, Problem> {
        match self.agreement() {
            Some(agreement) => agreement.take(tx, event).await,
            None => Ok(event),
        }
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
