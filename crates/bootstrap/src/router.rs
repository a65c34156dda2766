//! All routes of the api process, and what stands in front of them.

use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_telemetry::HttpMetrics;
use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_db::{Database, TenantDirectory};
use athyper_kernel_http::{
    Access, Approvals, Arrivals, Authenticator, Catalogue, Edge, EdgeLimits, EventStreams, Judge,
    OPERATION_PERMISSIONS, RateLimits, TrustedProxies, admit, operation_routes, traced,
};
use athyper_kernel_jobs::UploadStore;
use athyper_kernel_jobs::schedule::SchedulableJobs;
use athyper_kernel_jobs_http::{JOB_PERMISSIONS, job_routes, schedule_routes};
use athyper_kernel_module::PlatformDocument;
use athyper_kernel_types::Clock;
use athyper_security::Sessions;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower::util::option_layer;

use crate::guard::{guarded, unknown_method, unknown_path};
use crate::headers::{SecurityProfile, secured};
use crate::health::{self, Health};
use crate::identity::LocalIdentity;
use crate::modules::modules;
use crate::open_document::{OpenDocument, with_document};
use crate::outer::{compression, cors};
use crate::telemetry::measured;
use crate::tokens::Services;

/// What the routes stand on.
pub(crate) struct Parts {
    pub(crate) config: Arc<RuntimeConfig>,
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) tenants: TenantDirectory,
    pub(crate) schedulable: SchedulableJobs,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) judge: Judge,
    pub(crate) identity: Arc<LocalIdentity>,
    pub(crate) health: Health,
    pub(crate) rates: Option<RateLimits>,
    pub(crate) sessions: Sessions,
    /// Cancelled when streams have to end.
    pub(crate) stopping: CancellationToken,
    pub(crate) uploads: Arc<dyn UploadStore>,
    pub(crate) measures: HttpMetrics,
    /// Who keeps what people agree to.
    pub(crate) approvals: Arc<dyn Approvals>,
    /// The document of the platform.
    pub(crate) document: Arc<PlatformDocument>,
}

/// The permissions of kernel and modules.
pub(crate) fn catalogue() -> Catalogue {
    let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
    Catalogue::new(modules().into_iter().flat_map(|module| module.permissions).chain(kernel).copied())
}

/// Mounts the domains behind the edge, and beside them what is open to everybody: the probes, the platform's document, sign-in and sign-out, and in env
/// `local` the built-in issuer's keys.
pub(crate) fn build(parts: Parts, domains: &Services) -> Router {
    let own = operation_routes().merge(job_routes()).merge(schedule_routes(parts.schedulable));
    let (own, document) = own.split_for_parts();
    let closed = own.merge(domains.router.clone());
    let mut operations = domains.operations.clone();
    operations.add(&document);
    let limits = EdgeLimits {
        body_bytes: usize::try_from(parts.config.http.body_limit_bytes).unwrap_or(usize::MAX),
        upload_bytes: usize::try_from(parts.config.http.upload_limit_bytes).unwrap_or(usize::MAX),
        import_bytes: parts.config.http.import_limit_bytes,
    };
    let http = &parts.config.http;
    let rates = parts.rates;
    for name in rates.iter().flat_map(RateLimits::named_operations) {
        if !operations.has(name) {
            tracing::warn!(
                operation = name,
                "http.rateLimits.operations names an operation that there is not"
            );
        }
    }
    let streams = usize::try_from(http.max_event_streams).unwrap_or(usize::MAX);
    let edge = Edge {
        operators: Some(Arc::new(athyper_control::Reading::new(parts.database.clone()))),
        database: parts.database,
        tenants: parts.tenants,
        environment: parts.config.env,
        iam: Arc::new(parts.config.iam.clone()),
        authenticator: parts.authenticator,
        sessions: Some(Arc::new(parts.sessions.clone())),
        access: Access { operations, catalogue: catalogue(), judge: parts.judge },
        limits,
        rates,
        streams: EventStreams::new(streams, parts.stopping),
        approvals: Some(parts.approvals),
        uploads: parts.uploads,
    };
    let is_tls = parts.config.env != Environment::Local
        && parts.config.public_base_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let proxies = TrustedProxies::new(&http.trusted_proxies, http.forwarded_header);
    let limit = Duration::from_millis(http.request_timeout_ms);
    let outside = Outside {
        arrivals: Arrivals { clock: parts.clock.clone(), proxies },
        measures: parts.measures,
        profile: SecurityProfile::api(is_tls),
    };
    let inside = Inside { limit, document: OpenDocument(parts.document) };
    // One layer of all that stands around a route, the outermost first: each layer of its own would be a box around every route,
    // which every request copies.
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(Arc::new(outside), go_outside))
        .layer(option_layer(cors(&http.cors)))
        .layer(compression())
        .layer(from_fn_with_state(Arc::new(inside), go_inside));
    closed
        .route_layer(from_fn_with_state(Arc::new(edge), admit))
        .merge(health::public_routes(parts.health))
        .merge(parts.identity.routes(parts.clock))
        .merge(parts.sessions.routes())
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(around)
}

/// What stands around all that answers.
struct Outside {
    arrivals: Arrivals,
    measures: HttpMetrics,
    profile: SecurityProfile,
}

async fn go_outside(State(outside): State<Arc<Outside>>, request: Request, next: Next) -> Response {
    let Outside { arrivals, measures, profile } = &*outside;
    let serve = async |request| next.run(request).await;
    let serve = async |request| secured(profile, request, serve).await;
    let serve = async |request| measured(measures, request, serve).await;
    traced(arrivals, request, serve).await
}

/// What stands right around the routes: its answers are compressed, and pages of other origins see them.
struct Inside {
    /// How long a request may take.
    limit: Duration,
    document: OpenDocument,
}

async fn go_inside(State(inside): State<Arc<Inside>>, request: Request, next: Next) -> Response {
    let Inside { limit, document } = &*inside;
    let serve = async |request| next.run(request).await;
    let serve = async |request| with_document(document, request, serve).await;
    guarded(*limit, request, serve).await
}
