//! A collector: takes OTLP over HTTP on a loopback port, and keeps what it decodes.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::oneshot;
use url::Url;

/// Longest time that a test waits for something to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// What has arrived so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) resources: Vec<Resource>,
    pub(crate) spans: Vec<Span>,
    /// Each with the name of its scope.
    pub(crate) logs: Vec<(String, LogRecord)>,
    /// One entry for each request.
    pub(crate) metrics: Vec<Vec<Metric>>,
    pub(crate) headers: Vec<HeaderMap>,
    /// All bodies, as they came.
    pub(crate) bytes: Vec<u8>,
    /// Requests that came, those that were refused included.
    pub(crate) requests: usize,
}

/// How the collector answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Time before an answer.
    pub(crate) delay: Duration,
    /// The first so many requests are answered with this status, and not kept.
    pub(crate) refuse: Option<(usize, StatusCode)>,
    /// Metric values that each answer calls rejected.
    pub(crate) rejected: i64,
}

struct Shared {
    manner: Manner,
    received: Mutex<Received>,
    arrived: Condvar,
}

pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::with(Manner::default())
    }

    pub(crate) fn with(manner: Manner) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap(), manner)
    }

    /// A collector on a port that was free a moment ago, as one that comes back.
    pub(crate) fn back_at(address: SocketAddr) -> Self {
        Self::at(TcpListener::bind(address).unwrap(), Manner::default())
    }

    fn at(listener: TcpListener, manner: Manner) -> Self {
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let shared = Arc::new(Shared { manner, received: Mutex::default(), arrived: Condvar::new() });
        let app = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, app) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> Url {
        url_of(self.address)
    }

    pub(crate) fn received(&self) -> Received {
        self.shared.received.lock().unwrap().clone()
    }

    /// Waits until what has arrived fulfils `is_enough`.
    pub(crate) fn wait(&self, is_enough: impl Fn(&Received) -> bool) -> Received {
        let end = Instant::now() + PATIENCE;
        let mut received = self.shared.received.lock().unwrap();
        while !is_enough(&received) {
            let left = end.checked_duration_since(Instant::now()).expect("it did not arrive");
            received = self.shared.arrived.wait_timeout(received, left).unwrap().0;
        }
        received.clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

pub(crate) fn url_of(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}")).unwrap()
}

/// An address where nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    tokio::time::sleep(shared.manner.delay).await;
    let mut received = shared.received.lock().unwrap();
    received.requests += 1;
    let answer = match shared.manner.refuse {
        Some((first, status)) if received.requests <= first => (status, Vec::new()),
        _ => keep(&mut received, uri.path(), headers, &body, shared.manner.rejected),
    };
    shared.arrived.notify_all();
    answer
}

fn keep(
    received: &mut Received,
    path: &str,
    headers: HeaderMap,
    body: &[u8],
    rejected: i64,
) -> (StatusCode, Vec<u8>) {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    received.headers.push(headers);
    received.bytes.extend_from_slice(body);
    let mut answer = Vec::new();
    match path {
        "/v1/traces" => {
            for part in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
                received.resources.extend(part.resource);
                received.spans.extend(part.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        "/v1/logs" => {
            for part in ExportLogsServiceRequest::decode(body).unwrap().resource_logs {
                received.resources.extend(part.resource);
                for scope in part.scope_logs {
                    let name = scope.scope.unwrap().name;
                    received.logs.extend(scope.log_records.into_iter().map(|log| (name.clone(), log)));
                }
            }
        }
        "/v1/metrics" => {
            for part in ExportMetricsServiceRequest::decode(body).unwrap().resource_metrics {
                received.resources.extend(part.resource);
                received
                    .metrics
                    .push(part.scope_metrics.into_iter().flat_map(|scope| scope.metrics).collect());
            }
            let partial =
                ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message: String::new() };
            let response =
                ExportMetricsServiceResponse { partial_success: (rejected > 0).then_some(partial) };
            answer = response.encode_to_vec();
        }
        other => panic!("no such signal: {other}"),
    }
    (StatusCode::OK, answer)
}
