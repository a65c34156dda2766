//! The edge: authenticate, resolve the tenant, authorise. Nothing behind it serves a request that did not pass it.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{Environment, IamConfig};
use athyper_kernel_db::{Database, TenantDirectory, TenantStatus};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_jobs::UploadStore;
use athyper_kernel_tenant_context::{
    Actor, ContextError, ContextRequest, HeaderKeys, TenantContext, choose_tenant, claim_keys,
};
use athyper_kernel_types::PrincipalId;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::Permission;
use crate::agreement::{Agreement, REQUIRED, settle};
use crate::guest::refuse_slowly;
use crate::identify::{Sender, identify};
use crate::obligations::{Tags, circumstances, meet};
use crate::operator::{OperatorAccess, check_realm, enter_as_operator, looking, looks_elsewhere};
use crate::origin::{from_address, within};
use crate::rate::Standing;
use crate::rights::{Rights, access_denied, forbidden};
use crate::{
    Access, Approvals, BrowserRequest, BrowserSessions, Caller, EventStreams, Guest, ProblemResponse,
    RateLimits, RequestInfo,
};

/// Event of an identity that tried a tenant which is not its own.
const TENANT_REFUSED: &str = "platform.tenant_refused";

/// An identity whose token was verified: signature, issuer, audience and times.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Realm whose issuer signed the token.
    pub realm_key: String,
    /// Who it is: the token's subject.
    pub actor: Actor,
    /// Roles within the realm's application.
    pub roles: Arc<[String]>,
    /// All claims.
    pub claims: Map<String, Value>,
    /// The principal of the tenant, where who verified the identity knows it; none for a token of an issuer, whose
    /// subject says who it is.
    pub principal: Option<PrincipalId>,
}

/// Verifies tokens. The auth adapter implements it.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Verifies a bearer token.
    ///
    /// # Errors
    /// A problem of kind `Unauthenticated` that does not say more than the caller needs, or `Unavailable` when the
    /// issuer's keys cannot be had.
    async fn authenticate(&self, token: &str) -> Result<Arc<Identity>, Problem>;
}

/// What the edge needs, fixed when the process starts.
pub struct Edge {
    /// Where transactions are opened.
    pub database: Database,
    /// Which tenant has which id.
    pub tenants: TenantDirectory,
    /// Environment of the process.
    pub environment: Environment,
    /// Realms and their rules.
    pub iam: Arc<IamConfig>,
    /// Who verifies tokens.
    pub authenticator: Arc<dyn Authenticator>,
    /// Who knows the sessions of browsers; none where only tokens are taken.
    pub sessions: Option<Arc<dyn BrowserSessions>>,
    /// Routes and who may call them.
    pub access: Access,
    /// Limits of a request.
    pub limits: crate::EdgeLimits,
    /// How often requests may come; none when that is not limited.
    pub rates: Option<RateLimits>,
    /// Streams of events.
    pub streams: EventStreams,
    /// Who says whether an operator may read in a tenant; none where no operator may.
    pub operators: Option<Arc<dyn OperatorAccess>>,
    /// Who keeps what people agree to; none where nobody can, and what needs it is refused.
    pub approvals: Option<Arc<dyn Approvals>>,
    /// Where uploaded files are stored on their way in.
    pub uploads: Arc<dyn UploadStore>,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// Lets a request through to its handler, or answers with the reason why not: 401 without a valid token, 403 where header
/// and token disagree or no role allows the operation, 404 for an unknown tenant, 429 for who calls too often.
pub async fn admit(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let mut told = Told::default();
    let mut response = match let_in(&edge, &mut request, &mut told).await {
        Ok(caller) => {
            let response = next.run(request).await;
            match &caller {
                Some(caller) => {
                    let response = settle(&edge, caller, response).await;
                    write_refusal(&edge, caller, response).await
                }
                None => refuse_slowly(&edge, response).await,
            }
        }
        Err(problem) => problem.into_response(),
    };
    told.standing.write(response.headers_mut());
    for cookie in told.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Writes down that the handler refused by the record's place. Its own transaction is gone by now.
async fn write_refusal(edge: &Edge, caller: &Caller, response: Response) -> Response {
    let (StatusCode::FORBIDDEN, Some(event)) = (response.status(), caller.refused()) else { return response };
    match record_event(edge, caller.context(), caller.trace(event.clone())).await {
        Ok(()) => response,
        Err(problem) => problem.into_response(),
    }
}

/// What the answer says beside what its handler says.
#[derive(Debug, Default)]
struct Told {
    /// Where the caller stands with the limits.
    standing: Standing,
    cookies: Vec<HeaderValue>,
}

/// Finds out who calls, and whether they may. A guest is nobody yet.
async fn let_in(
    edge: &Arc<Edge>,
    request: &mut Request,
    told: &mut Told,
) -> Result<Option<Caller>, ProblemResponse> {
    let operation = request
        .extensions()
        .get::<MatchedPath>()
        .and_then(|path| edge.access.operations.find(request.method(), path.as_str()));
    let info = request.extensions().get::<RequestInfo>().cloned();
    if let Some(operation) = operation.as_ref().filter(|operation| edge.access.operations.is_open(operation))
    {
        tracing::Span::current().record("operation", &**operation);
        request.extensions_mut().insert(Guest::new(Arc::clone(operation), info, Arc::clone(edge)));
        return Ok(None);
    }
    let shown = BrowserRequest { method: request.method(), headers: request.headers(), info: info.as_ref() };
    let Sender { identity, session } = identify(edge, shown, &mut told.cookies).await?;
    let operation = operation.ok_or_else(|| Problem::internal("the route has no operation id"))?;
    let is_operator = looks_elsewhere(edge, &identity, request.headers());
    let context = if is_operator {
        let asked = (request.method(), &*operation);
        enter_as_operator(edge, &identity, asked, request.headers(), info.as_ref()).await?
    } else {
        enter(edge, &identity, request.headers(), info.as_ref()).await?
    };
    let span = tracing::Span::current();
    span.record("realm", context.realm_key()).record("tenant", context.tenant_key());
    span.record("actor", &context.actor().id);
    if let Some(org) = context.org_key() {
        span.record("org", org);
    }
    span.record("operation", &*operation);
    if let Some(rates) = &edge.rates {
        // Before the roles are looked at: a refusal costs a row of the audit trail.
        let (now, allowed) = rates.request(context.tenant_id(), &operation).await;
        told.standing = now;
        allowed?;
    }
    let permission = edge.access.catalogue.find(&operation);
    check_realm(edge, &context, permission)?;
    let asked = Asked { context: &context, identity: &identity, session, operation: &operation, permission };
    let rights = if is_operator {
        looking(edge, context.clone(), &operation).await
    } else {
        asked.rights(edge, info.as_ref()).await
    };
    let (rights, tags, agreement) = authorize(edge, &asked, rights, (request, info.as_ref())).await?;
    let address = info.and_then(|info| info.origin.client);
    let behind = (Arc::new(tags), Arc::clone(edge));
    let caller = Caller::new(identity, rights, operation, address, behind);
    let caller = caller.in_session(session).agreeing(agreement);
    request.extensions_mut().insert(caller.clone());
    Ok(Some(caller))
}

/// Who asks for what, known by now.
struct Asked<'a> {
    context: &'a TenantContext,
    identity: &'a Identity,
    session: Option<Uuid>,
    operation: &'a Arc<str>,
    permission: Option<&'a Permission>,
}

impl Asked<'_> {
    async fn rights(&self, edge: &Edge, info: Option<&RequestInfo>) -> Result<Rights, Problem> {
        let channel = if self.session.is_some() { "browser" } else { "api" };
        let around = circumstances(self.identity, channel, info.and_then(|info| info.origin.client));
        edge.access.judge.rights(self.context.clone(), self.identity, around).await
    }
}

/// The caller's rights, if they allow the operation, and what policies have put in the audit trail and asked agreement for. A
/// refusal is written down with its reason.
async fn authorize(
    edge: &Edge,
    asked: &Asked<'_>,
    rights: Result<Rights, Problem>,
    (request, info): (&mut Request, Option<&RequestInfo>),
) -> Result<(Rights, Tags, Option<Agreement>), ProblemResponse> {
    let operation = &**asked.operation;
    let (problem, reason) = match rights {
        Ok(rights) => {
            let decision = rights.decide_on(asked.permission, None);
            if decision.allowed {
                let agreement = Agreement::begin(edge, &rights, asked.operation, request).await?;
                let (tags, about) = (Tags::default(), (&rights, operation));
                let kept = (&tags, agreement.as_ref());
                match meet(&decision.obligations, about, edge.rates.as_ref(), kept).await {
                    Ok(()) => return Ok((rights, tags, agreement)),
                    Err(problem) if problem.code == REQUIRED && agreement.is_some() => {
                        let agreement = wait(edge, asked, (&rights, agreement), info).await?;
                        return Ok((rights, tags, agreement));
                    }
                    Err(problem) => (problem, "what a policy asks for has not been done"),
                }
            } else {
                (forbidden(operation), decision.reason)
            }
        }
        Err(problem) if problem.kind == ProblemKind::Forbidden => (problem, "the principal is shut out"),
        Err(problem) => return Err(problem.into()),
    };
    let event = within(access_denied(operation, reason), asked.session);
    record(edge, asked.context, event, info).await?;
    Err(problem.into())
}

/// Asks somebody to agree, unless the request was answered before: then it is answered so again.
async fn wait(
    edge: &Edge,
    asked: &Asked<'_>,
    (rights, agreement): (&Rights, Option<Agreement>),
    info: Option<&RequestInfo>,
) -> Result<Option<Agreement>, ProblemResponse> {
    let Some(agreement) = agreement else { return Ok(None) };
    if agreement.lets_repeat() {
        return Ok(Some(agreement));
    }
    let trace = |event| {
        let client = info.and_then(|info| info.origin.client);
        from_address(within(event, asked.session), client)
    };
    match agreement.ask(edge, rights, trace).await? {
        Some(problem) => Err(problem.into()),
        None => Ok(Some(agreement)),
    }
}

/// The tenant that the identity works in.
pub(crate) async fn enter(
    edge: &Edge,
    identity: &Identity,
    headers: &HeaderMap,
    info: Option<&RequestInfo>,
) -> Result<TenantContext, ProblemResponse> {
    let mut claims = claim_keys(&identity.claims);
    // The issuer decides the realm, whatever a claim says.
    claims.realm = Some(identity.realm_key.clone());
    let text =
        |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let wanted = HeaderKeys { realm: text("x-realm"), tenant: text("x-tenant"), org: text("x-org") };
    let request = ContextRequest { headers: wanted, claims: Some(claims) };
    let error = match context_of(edge, &identity.actor, &request, info).await {
        Ok(context) => return Ok(context),
        Err(Refusal::Context(error)) => error,
        Err(Refusal::Problem(problem)) => return Err(problem),
    };
    // Whoever tries a door that is not theirs leaves a trace in their own tenant's trail.
    let is_attempt = matches!(error, ContextError::Disagreement { .. } | ContextError::NotEntitled { .. });
    let own = ContextRequest { headers: HeaderKeys::default(), ..request };
    if is_attempt && let Ok(context) = context_of(edge, &identity.actor, &own, info).await {
        if let Some(rates) = &edge.rates {
            // The trail is not for anybody to fill.
            rates.request(context.tenant_id(), TENANT_REFUSED).await.1?;
        }
        let event = AuditEvent::denied(TENANT_REFUSED).message(error.to_string());
        record(edge, &context, event, info).await?;
    }
    Err(context_problem(&error).into())
}

/// Why there is no context for a request.
pub(crate) enum Refusal {
    /// The rule of tenancy is against it.
    Context(ContextError),
    /// Anything else.
    Problem(ProblemResponse),
}

impl From<Refusal> for ProblemResponse {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Context(error) => context_problem(&error).into(),
            Refusal::Problem(problem) => problem,
        }
    }
}

impl From<ContextError> for Refusal {
    fn from(error: ContextError) -> Self {
        Self::Context(error)
    }
}

/// Applies the rule of tenancy to the register of tenants.
pub(crate) async fn context_of(
    edge: &Edge,
    actor: &Actor,
    request: &ContextRequest,
    info: Option<&RequestInfo>,
) -> Result<TenantContext, Refusal> {
    let chosen = choose_tenant(edge.environment, &edge.iam, request)?;
    let tenant_key = chosen.tenant_key().ok_or(ContextError::TenantRequired)?;
    let found = edge.tenants.find(chosen.realm_key(), tenant_key).await;
    let found = found.map_err(|error| Refusal::Problem(error.into()))?;
    // An archived tenant is one that nobody knows.
    let tenant = found.filter(|tenant| tenant.status != TenantStatus::Archived);
    let tenant = tenant.ok_or(ContextError::UnknownTenant)?;
    let resolved = chosen.resolve(edge.environment, &edge.iam, Some(&tenant.settings))?;
    if tenant.status == TenantStatus::Suspended {
        let detail = "the tenant is suspended: ask whoever runs the platform";
        let problem = Problem::new(ProblemKind::Forbidden, "request.tenant_suspended", detail);
        return Err(Refusal::Problem(problem.into()));
    }
    let trace_id = info.map(|info| info.trace.trace_id());
    let request_id = info.map(|info| info.request_id.clone()).unwrap_or_default();
    let context = TenantContext::new(tenant.id, resolved, actor.clone(), request_id)?;
    Ok(context.with_trace(trace_id))
}

/// Writes down what the edge decided about a request, and from where that came.
pub(crate) async fn record(
    edge: &Edge,
    context: &TenantContext,
    event: AuditEvent,
    info: Option<&RequestInfo>,
) -> Result<(), ProblemResponse> {
    record_event(edge, context, from_address(event, info.and_then(|info| info.origin.client))).await
}

async fn record_event(
    edge: &Edge,
    context: &TenantContext,
    event: AuditEvent,
) -> Result<(), ProblemResponse> {
    Ok(edge.database.tenant_tx(context).await?.commit(event).await?)
}

fn context_problem(error: &ContextError) -> Problem {
    let (kind, code) = match error {
        ContextError::UnknownRealm => (ProblemKind::NotFound, "request.unknown_realm"),
        ContextError::UnknownTenant => (ProblemKind::NotFound, "request.unknown_tenant"),
        ContextError::UnknownOrg => (ProblemKind::NotFound, "request.unknown_org"),
        ContextError::OrgWithoutTenant => (ProblemKind::Malformed, "request.org_without_tenant"),
        ContextError::TenantRequired => (ProblemKind::Forbidden, "request.tenant_required"),
        ContextError::Disagreement { .. } => (ProblemKind::Forbidden, "request.tenant_disagreement"),
        ContextError::NotEntitled { .. } => (ProblemKind::Forbidden, "request.tenant_not_entitled"),
        ContextError::InvalidKey { .. } => (ProblemKind::Malformed, "request.invalid_key"),
    };
    Problem::new(kind, code, error.to_string())
}
