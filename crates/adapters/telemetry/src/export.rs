//! The way to the collector: one HTTP client for the three signals.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    LogExporter, Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope as ProtoScope;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use prost::Message as _;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::ExposeSecret as _;
use url::{Host, Url};

use crate::SCOPE;
use crate::record::QueuedRecord;
use crate::settings::{OtlpSettings, Service, StartError};

/// Longest answer of a collector that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// First and longest pause between two attempts to send a batch.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// Sends batches. Spans and log records are sent again while there is time; metrics are not, since the next export says
/// all that this one said.
pub(crate) struct Exporters {
    spans: SpanExporter,
    logs: LogExporter,
    client: Client,
    metrics_url: Url,
    resource: ProtoResource,
}

impl Exporters {
    pub(crate) fn new(settings: &OtlpSettings, endpoint: &Url, instance: &str) -> Result<Self, StartError> {
        let client = client(settings, endpoint)?;
        let resource = resource(&settings.service, instance);
        // The time for the whole batch bounds the number of attempts.
        let retries = RetryPolicy::recommended()
            .with_max_retries(usize::MAX)
            .with_initial_delay(PAUSES.0)
            .with_max_delay(PAUSES.1);
        let mut spans = SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(address(endpoint, "v1/traces"))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(settings.timeout)
            .with_retry_policy(retries.clone())
            .build()
            .map_err(StartError::Exporter)?;
        spans.set_resource(&resource);
        let mut logs = LogExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(address(endpoint, "v1/logs"))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(settings.timeout)
            .with_retry_policy(retries)
            .build()
            .map_err(StartError::Exporter)?;
        logs.set_resource(&resource);
        let metrics_url = address(endpoint, "v1/metrics");
        Ok(Self { spans, logs, client, metrics_url, resource: message(&resource) })
    }

    /// Sends spans, and says why it could not.
    pub(crate) async fn send_spans(&self, batch: Vec<SpanData>) -> Result<(), String> {
        self.spans.export(batch).await.map_err(|error| error.to_string())
    }

    /// Sends log records, and says why it could not.
    pub(crate) async fn send_logs(&self, batch: Vec<QueuedRecord>) -> Result<(), String> {
        let batch: Vec<_> = batch.iter().map(|queued| (&queued.0, &queued.1)).collect();
        self.logs.export(LogBatch::new(&batch)).await.map_err(|error| error.to_string())
    }

    /// Sends metrics; the result is the number of values that the collector refused.
    pub(crate) async fn send_metrics(&self, metrics: Vec<Metric>) -> Result<usize, String> {
        let scope = ProtoScope { name: SCOPE.to_owned(), ..ProtoScope::default() };
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, schema_url: String::new() }],
                schema_url: String::new(),
            }],
        };
        let request = self
            .client
            .post(self.metrics_url.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(request.encode_to_vec());
        let response = request.send().await.map_err(|_| "the collector cannot be reached".to_owned())?;
        if !response.status().is_success() {
            return Err(format!("the collector answers {}", response.status()));
        }
        let rejected = ExportMetricsServiceResponse::decode(answer(response).await.as_slice())
            .ok()
            .and_then(|answer| answer.partial_success)
            .map_or(0, |partial| partial.rejected_data_points);
        Ok(usize::try_from(rejected).unwrap_or_default())
    }
}

/// The first part of an answer, as far as it came.
async fn answer(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            break;
        }
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

fn client(settings: &OtlpSettings, endpoint: &Url) -> Result<Client, StartError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let refused = || StartError::Header(name.clone());
        let header = HeaderName::try_from(name.as_str()).map_err(|_| refused())?;
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| refused())?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    let mut client = Client::builder()
        .default_headers(headers)
        // A redirect would take the headers to a place that nobody has named.
        .redirect(Policy::none())
        .connect_timeout(settings.timeout)
        .timeout(settings.timeout);
    if is_on_this_machine(endpoint) {
        // No proxy reaches this machine's own loopback address.
        client = client.no_proxy();
    }
    client.build().map_err(StartError::Client)
}

fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of one signal below the base address.
fn address(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}/{path}", endpoint.path().trim_end_matches('/')));
    url
}

/// Who is telling, by the semantic conventions. The instance keeps the sums of two processes of one service apart.
fn resource(service: &Service, instance: &str) -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", service.name.clone()),
            KeyValue::new("service.version", service.version.clone()),
            KeyValue::new("service.instance.id", instance.to_owned()),
            KeyValue::new("deployment.environment.name", service.environment.clone()),
            KeyValue::new("athyper.mode", service.mode.clone()),
            KeyValue::new("process.pid", i64::from(std::process::id())),
        ])
        .build()
}

fn message(resource: &Resource) -> ProtoResource {
    let attributes = ResourceAttributesWithSchema::from(resource).attributes.0;
    ProtoResource { attributes, ..ProtoResource::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_have_their_addresses_below_the_base() {
        for (base, expected) in [
            ("http://c:4318", "http://c:4318/v1/logs"),
            ("http://c:4318/", "http://c:4318/v1/logs"),
            ("https://c/otlp", "https://c/otlp/v1/logs"),
            ("https://c/otlp/", "https://c/otlp/v1/logs"),
        ] {
            assert_eq!(address(&Url::parse(base).unwrap(), "v1/logs").as_str(), expected);
        }
    }
}
