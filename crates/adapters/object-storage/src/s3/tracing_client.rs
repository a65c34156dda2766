//! The HTTP client of the bucket: each request is a span, and carries the trace to the service.

use async_trait::async_trait;
use athyper_kernel_telemetry::TraceContext;
use http::HeaderValue;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use tracing::Instrument as _;

/// Makes clients of the crate's own kind, with a span around each request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TracingConnector;

impl HttpConnector for TracingConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(TracingService(client)))
    }
}

#[derive(Debug)]
struct TracingService(HttpClient);

#[async_trait]
impl HttpService for TracingService {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // Names by the semantic conventions of OpenTelemetry for HTTP clients. The query of a URL may hold a signature.
        let span = tracing::info_span!(
            "S3",
            otel.name = request.method().as_str(),
            otel.kind = "client",
            http.request.method = request.method().as_str(),
            server.address = request.uri().host(),
            server.port = request.uri().port_u16(),
            url.path = request.uri().path(),
            http.response.status_code = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let answer = self.send(request).instrument(span.clone()).await;
        match &answer {
            Ok(response) => span.record("http.response.status_code", response.status().as_u16()),
            Err(_) => span.record("otel.status_code", "error"),
        };
        answer
    }
}

impl TracingService {
    /// Adds the trace's headers. They are not among those that were signed, and need not be.
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some(trace) = TraceContext::current() {
            let mut add = |name: &'static str, value: &str| {
                if let Ok(value) = HeaderValue::from_str(value) {
                    request.headers_mut().insert(name, value);
                }
            };
            add("traceparent", &trace.traceparent());
            if let Some(state) = trace.tracestate() {
                add("tracestate", state);
            }
        }
        self.0.execute(request).await
    }
}
