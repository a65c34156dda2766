//! The operator port: probes with details, metrics and diagnostics, on a port that is never the public one. It opens before
//! anything else is built and closes after everything but the database, so that a probe always finds somebody.

use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_http::{Arrivals, ProblemResponse, TrustedProxies, traced};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_types::Clock;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::diagnostics::{self, Diagnostics};
use crate::error::StartError;
use crate::guard::{guarded, unknown_method, unknown_path};
use crate::headers::{SecurityProfile, secured};
use crate::health::{self, Health};
use crate::server::{ConnectionLimits, listen, serve_until};

/// A machine or two ask here, and now and then a person.
const LIMITS: ConnectionLimits = ConnectionLimits {
    connections: 64,
    head_time: Duration::from_secs(65),
    stall_time: Duration::from_secs(30),
    head_bytes: 16 * 1024,
};
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long the last answers may take when the process stops.
const CLOSING: Duration = Duration::from_secs(2);

/// The port. Until it is given its routes it says that the process lives and is not ready.
#[derive(Clone, Debug)]
pub(crate) struct OperatorPort {
    routes: Arc<OnceLock<Router>>,
}

impl OperatorPort {
    /// Opens the port. In env `local` one that nobody has configured and another program has is done without: several
    /// platforms may run on a developer's machine.
    pub(crate) async fn open(
        config: &RuntimeConfig,
        lifecycle: &Lifecycle,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let port = Self { routes: Arc::default() };
        let number = config.operator.port_in(config.mode);
        let listener = match listen(&config.operator.addresses(config.env), number).await {
            Ok(listener) => listener,
            Err(error)
                if error.kind() == ErrorKind::AddrInUse
                    && config.env == Environment::Local
                    && config.operator.port.is_none() =>
            {
                tracing::warn!(
                    port = number,
                    "another program has the operator port, so this process goes without: set operator.port to have one"
                );
                return Ok(port);
            }
            Err(source) => return Err(StartError::OperatorPort { port: number, source }),
        };
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "operators are served");
        }
        // Not the token that all others stop by: the port outlives them.
        let closing = CancellationToken::new();
        let arrivals = Arrivals { clock: clock.clone(), proxies: TrustedProxies::default() };
        let router = port.router(arrivals);
        let served = lifecycle.spawn("operator port", serve_until(closing.clone(), listener, router, LIMITS));
        let hook = lifecycle.on_shutdown("operator port", CLOSING, move || async move {
            closing.cancel();
            Ok(served.await?)
        });
        hook.map_err(|error| StartError::Command(error.to_string()))?;
        Ok(port)
    }

    /// Gives it its routes, once all parts are there.
    pub(crate) fn show(&self, routes: Router) {
        if self.routes.set(routes).is_err() {
            tracing::error!("the operator port has its routes already");
        }
    }

    fn router(&self, arrivals: Arrivals) -> Router {
        Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&self.routes))
            .layer(from_fn_with_state(Arc::new(arrivals), stand_around))
    }
}

/// What stands around all that operators see.
async fn stand_around(State(arrivals): State<Arc<Arrivals>>, request: Request, next: Next) -> Response {
    let profile = SecurityProfile::api(false);
    let serve = async |request| next.run(request).await;
    let serve = async |request| guarded(TIMEOUT, request, serve).await;
    let serve = async |request| secured(&profile, request, serve).await;
    traced(&arrivals, request, serve).await
}

/// All that operators see: health, diagnostics, and what else is given, such as metrics.
pub(crate) fn operator_routes(health: Health, diagnostics: Diagnostics, extra: Router) -> Router {
    Router::new()
        .merge(health::operator_routes(health))
        .merge(diagnostics::routes(diagnostics))
        .merge(extra)
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
}

async fn serve(State(routes): State<Arc<OnceLock<Router>>>, request: Request) -> Response {
    let router = routes.get().cloned().unwrap_or_else(starting);
    let Ok(response) = router.oneshot(request).await;
    response
}

/// What is there before the parts are.
fn starting() -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .fallback(|| async { ProblemResponse(health::not_ready()).into_response() })
}
