//! All routes of the api process, and what stands in front of them.

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_db::{Database, TenantDirectory};
use athyper_kernel_http::{
    Access, AccessRules, Authenticator, Edge, EdgeLimits, OPERATION_PERMISSIONS, OperationIndex, admit,
    operation_routes, trace_requests,
};
use athyper_kernel_jobs::schedule::SchedulableJobs;
use athyper_kernel_jobs_http::{JOB_PERMISSIONS, job_routes, schedule_routes};
use athyper_kernel_types::Clock;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::guard::{guard, unknown_method, unknown_path};
use crate::health::{self, Health};
use crate::identity::LocalIdentity;
use crate::modules::modules;
use crate::openapi;

/// What the routes stand on.
pub(crate) struct Parts {
    pub(crate) config: Arc<RuntimeConfig>,
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) tenants: TenantDirectory,
    pub(crate) schedulable: SchedulableJobs,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) identity: Arc<LocalIdentity>,
    pub(crate) health: Health,
}

/// Mounts the domains behind the edge, and beside them what is open to everybody: the probes, the document, and in env
/// `local` the built-in issuer's keys.
pub(crate) fn build(parts: Parts, domains: impl Iterator<Item = OpenApiRouter>) -> Router {
    let own = operation_routes().merge(job_routes()).merge(schedule_routes(parts.schedulable));
    let (closed, document) = domains.fold(own, OpenApiRouter::merge).split_for_parts();
    let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
    let permissions = modules().into_iter().flat_map(|module| module.permissions).chain(kernel).copied();
    let limits = EdgeLimits {
        body_bytes: usize::try_from(parts.config.http.body_limit_bytes).unwrap_or(usize::MAX),
        upload_bytes: usize::try_from(parts.config.http.upload_limit_bytes).unwrap_or(usize::MAX),
    };
    let edge = Edge {
        database: parts.database,
        tenants: parts.tenants,
        environment: parts.config.env,
        iam: Arc::new(parts.config.iam.clone()),
        authenticator: parts.authenticator,
        access: Access {
            operations: OperationIndex::from_openapi(&document),
            rules: AccessRules::new(permissions),
        },
        limits,
    };
    let limit = Duration::from_millis(parts.config.http.request_timeout_ms);
    closed
        .route_layer(from_fn_with_state(Arc::new(edge), admit))
        .merge(health::routes(parts.health))
        .merge(document_route())
        .merge(parts.identity.routes())
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(from_fn_with_state(limit, guard))
        .layer(from_fn_with_state(parts.clock, trace_requests))
}

/// The OpenAPI document.
fn document_route() -> Router {
    let document = Arc::new(openapi::document());
    Router::new().route("/v1/openapi.json", get(move || async move { axum::Json(document.as_ref().clone()) }))
}
