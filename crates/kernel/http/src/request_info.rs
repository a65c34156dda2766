//! The id, the trace and the origin of the request under way, and the span that the log hangs them on.

use std::net::SocketAddr;
use std::time::Instant;

use athyper_kernel_telemetry::TraceContext;
use athyper_kernel_types::{Clock, Id};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::{Origin, TrustedProxies, scim};

/// Header that carries the request's id, in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Header that tells the caller the trace of its request (<https://www.w3.org/TR/trace-context-2/>, section 4).
const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Marker of a request's id.
enum RequestMarker {}

tokio::task_local! {
    static CURRENT: RequestInfo;
}

/// What is known of a request before anybody looks into it.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// The caller's `x-request-id` when it is sane, else a new one.
    pub request_id: String,
    /// Trace of the request (W3C Trace Context): the caller's, or a new one.
    pub trace: TraceContext,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it speaks SCIM, and its errors have to.
    is_scim: bool,
}

/// What the outermost layer needs to know of a request.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// For the ids of requests.
    pub clock: Clock,
    /// Whose word on a request's origin is taken.
    pub proxies: TrustedProxies,
}

impl RequestInfo {
    /// What the headers of a request say, with new ids for what they do not.
    fn of(request: &Request, peer: Option<SocketAddr>, arrivals: &Arrivals) -> Self {
        let headers = request.headers();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = header("x-request-id")
            .filter(|id| is_sane(id))
            .map_or_else(|| Id::<RequestMarker>::new(&arrivals.clock).to_string(), str::to_owned);
        let trace = header("traceparent")
            .and_then(|parent| TraceContext::from_headers(parent, header("tracestate")))
            .map_or_else(TraceContext::random, |parent| parent.child());
        let is_scim = request.uri().path().starts_with(scim::BASE);
        Self { request_id, trace, origin: arrivals.proxies.origin(peer, headers), is_scim }
    }

    /// Id of the request that this task serves; empty outside a request.
    pub fn current_id() -> String {
        CURRENT.try_with(|info| info.request_id.clone()).unwrap_or_default()
    }

    /// Whether the request that this task serves speaks SCIM.
    pub(crate) fn current_is_scim() -> bool {
        CURRENT.try_with(|info| info.is_scim).unwrap_or_default()
    }
}

/// [`traced`] as a layer: the outermost one.
pub async fn trace_requests(State(arrivals): State<Arrivals>, request: Request, next: Next) -> Response {
    traced(&arrivals, request, async |request| next.run(request).await).await
}

/// Gives a request its id, its trace and its span while it is served, and writes one line when it is answered. Stands around all
/// else.
pub async fn traced(
    arrivals: &Arrivals,
    mut request: Request,
    serve: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let info = RequestInfo::of(&request, peer, arrivals);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let span = request_span(&request, &info, &route);
    let method = request.method().clone();
    let told = [(REQUEST_ID, info.request_id.clone()), (TRACE_RESPONSE, info.trace.traceparent())];
    request.extensions_mut().insert(info.clone());
    let started = Instant::now();
    let serve = async {
        let response = serve(request).await;
        let (status, took) = (response.status().as_u16(), started.elapsed());
        tracing::Span::current().record("http.response.status_code", status);
        tracing::info!(%method, route, status, elapsed_us = took.as_micros(), "request");
        response
    };
    let mut response = CURRENT.scope(info, serve).instrument(span).await;
    for (name, value) in told {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The span of a request. Names with a dot are those of the semantic conventions of OpenTelemetry for HTTP servers.
fn request_span(request: &Request, info: &RequestInfo, route: &str) -> tracing::Span {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let method = request.method().as_str();
    tracing::info_span!(
        "request",
        request_id = info.request_id,
        trace_id = info.trace.trace_id(),
        span_id = info.trace.span_id(),
        traceparent = header("traceparent"),
        tracestate = header("tracestate"),
        otel.name = format!("{method} {route}").trim_end(),
        otel.kind = "server",
        http.request.method = method,
        http.route = Some(route).filter(|route| !route.is_empty()),
        http.response.status_code = tracing::field::Empty,
        url.path = request.uri().path(),
        user_agent.original = header("user-agent"),
        client.address = info.origin.client.map(tracing::field::display),
        operation = tracing::field::Empty,
        realm = tracing::field::Empty,
        tenant = tracing::field::Empty,
        org = tracing::field::Empty,
        actor = tracing::field::Empty,
    )
}

/// Letters, digits and `. _ : -`, at most 128: safe in a log line, a header and a file name.
fn is_sane(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::is_sane;

    #[test]
    fn only_harmless_request_ids_are_kept() {
        assert!(is_sane("019ab3c4-5d6e"));
        for id in ["", "a b", "a\nb", "ä", &"x".repeat(129)] {
            assert!(!is_sane(id), "{id:?}");
        }
    }
}
