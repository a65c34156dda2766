//! A collector that takes OTLP over HTTP and decodes what it gets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::time::sleep;

use crate::switch::Switch;

/// How long a test waits for something to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// What has arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    pub(crate) logs: Vec<LogRecord>,
    pub(crate) metrics: Vec<String>,
}

pub(crate) struct Collector {
    pub(crate) server: Switch,
    received: Arc<Mutex<Received>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let received: Arc<Mutex<Received>> = Arc::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&received));
        Self { server: Switch::on(|_| router), received }
    }

    pub(crate) fn received(&self) -> Received {
        self.received.lock().unwrap().clone()
    }

    /// Waits until what has arrived is enough, and gives it.
    pub(crate) async fn until(&self, what: &str, is_enough: impl Fn(&Received) -> bool) -> Received {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let received = self.received();
            if is_enough(&received) {
                return received;
            }
            if Instant::now() > deadline {
                let names: Vec<_> = received.spans.iter().map(|span| span.name.as_str()).collect();
                panic!("waited {PATIENCE:?} in vain for {what}: {names:?} {:?}", received.metrics);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn take(State(received): State<Arc<Mutex<Received>>>, uri: Uri, body: Bytes) -> StatusCode {
    let mut received = received.lock().unwrap();
    match uri.path() {
        "/v1/traces" => {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|part| part.scope_spans);
            received.spans.extend(scopes.flat_map(|scope| scope.spans));
        }
        "/v1/logs" => {
            let request = ExportLogsServiceRequest::decode(body).unwrap();
            let scopes = request.resource_logs.into_iter().flat_map(|part| part.scope_logs);
            received.logs.extend(scopes.flat_map(|scope| scope.log_records));
        }
        "/v1/metrics" => {
            let request = ExportMetricsServiceRequest::decode(body).unwrap();
            let scopes = request.resource_metrics.into_iter().flat_map(|part| part.scope_metrics);
            received.metrics.extend(scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name));
        }
        other => panic!("no such signal: {other}"),
    }
    StatusCode::OK
}

/// The attributes of a span that are texts or whole numbers, as text.
pub(crate) fn attributes(span: &Span) -> HashMap<&str, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    };
    let pair = |(key, value)| Some((key, text(value)?));
    let all = span.attributes.iter();
    all.filter_map(|one| Some((one.key.as_str(), one.value.as_ref()?.value.as_ref()?)))
        .filter_map(pair)
        .collect()
}
