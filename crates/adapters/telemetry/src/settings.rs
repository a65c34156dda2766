//! What a program decides about its telemetry, and what can be wrong with it.

use std::time::Duration;

use opentelemetry_otlp::ExporterBuildError;
use secrecy::SecretString;
use url::Url;

use crate::metrics::MetricError;

/// Where telemetry goes, and how much of it.
#[derive(Clone, Debug)]
pub struct OtlpSettings {
    /// Off means: no layer, no thread, and instruments that do nothing.
    pub enabled: bool,
    /// Base address of an OTLP collector that takes protobuf over HTTP, such as `http://collector:4318`; `v1/traces`,
    /// `v1/metrics` and `v1/logs` are added to its path. Without one nothing leaves the process, and the metrics can
    /// still be rendered.
    pub endpoint: Option<Url>,
    /// Headers of each request, such as `authorization`.
    pub headers: Vec<(String, SecretString)>,
    /// Who is telling.
    pub service: Service,
    /// Share of the traces begun here that are exported, from 0 to 1. Work for a caller follows the caller's decision.
    pub sampling_ratio: f64,
    /// Time between two exports of the metrics.
    pub metrics_interval: Duration,
    /// Longest time that a span or log record waits for its batch to fill.
    pub batch_delay: Duration,
    /// Longest time for one batch, with all attempts to send it; what was not sent by then is dropped.
    pub timeout: Duration,
    /// Spans, and likewise log records, that may wait to be sent; further ones are dropped.
    pub queue_size: usize,
    /// Most spans or log records in one request.
    pub batch_size: usize,
    /// Label sets that one instrument keeps.
    pub label_sets: usize,
    /// Time between two log lines about what was dropped.
    pub report_interval: Duration,
}

/// The process as telemetry names it: the attributes of the OpenTelemetry resource.
#[derive(Clone, Debug)]
pub struct Service {
    /// `service.name`, such as `athyper-api`.
    pub name: String,
    /// `service.version`.
    pub version: String,
    /// `deployment.environment.name`, such as `production`.
    pub environment: String,
    /// `athyper.mode`: `api`, `worker` or `scheduler`.
    pub mode: String,
}

impl OtlpSettings {
    /// The defaults of OpenTelemetry: all traces, metrics each minute, batches of 512 out of a queue of 2048 after at most
    /// a second, ten seconds for each, and a thousand label sets.
    #[must_use]
    pub fn new(endpoint: Option<Url>, service: Service) -> Self {
        Self {
            enabled: true,
            endpoint,
            headers: Vec::new(),
            service,
            sampling_ratio: 1.0,
            metrics_interval: Duration::from_mins(1),
            batch_delay: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            queue_size: 2048,
            batch_size: 512,
            label_sets: 1000,
            report_interval: Duration::from_mins(1),
        }
    }

    /// Refuses what cannot work.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let refuse = |setting, mend| Err(StartError::Setting { setting, mend });
        if let Some(endpoint) = &self.endpoint {
            if !matches!(endpoint.scheme(), "http" | "https") || endpoint.query().is_some() {
                return refuse("endpoint", "write it like `http://collector:4318`");
            }
            if !endpoint.username().is_empty() || endpoint.password().is_some() {
                return refuse("endpoint", "put its credentials into a header");
            }
        }
        if !(0.0..=1.0).contains(&self.sampling_ratio) {
            return refuse("sampling ratio", "choose a number from 0 to 1");
        }
        if self.queue_size == 0 || self.batch_size == 0 || self.label_sets == 0 {
            return refuse("queue size, batch size and label sets", "choose at least 1");
        }
        let times = [self.metrics_interval, self.batch_delay, self.timeout, self.report_interval];
        if times.contains(&Duration::ZERO) {
            return refuse("intervals, delay and timeout", "choose more than zero");
        }
        Ok(())
    }
}

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting that cannot work.
    #[error("the telemetry setting {setting} cannot work: {mend}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What to do about it.
        mend: &'static str,
    },
    /// A header that HTTP does not allow. The message does not show its value.
    #[error(
        "the telemetry header `{0}` is not valid in HTTP: check its name, and its value for control characters"
    )]
    Header(String),
    /// The HTTP client could not be made.
    #[error("cannot make the HTTP client for telemetry")]
    Client(#[source] reqwest::Error),
    /// The exporter refused its configuration.
    #[error("cannot make the telemetry exporter")]
    Exporter(#[source] ExporterBuildError),
    /// The thread that exports could not be started.
    #[error("cannot start the telemetry thread")]
    Thread(#[source] std::io::Error),
    /// The metrics about telemetry itself could not be made.
    #[error("cannot make the metrics about telemetry")]
    Metric(#[from] MetricError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> OtlpSettings {
        let service = Service {
            name: "test".to_owned(),
            version: "1".to_owned(),
            environment: "test".to_owned(),
            mode: "api".to_owned(),
        };
        OtlpSettings::new(Some(Url::parse(endpoint).unwrap()), service)
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let good = settings("http://collector:4318");
        assert!(good.check().is_ok());
        let refused = [
            settings("ftp://collector"),
            settings("http://collector/?x=y"),
            settings("http://me:pass@collector"),
            settings("http://me@collector"),
            OtlpSettings { sampling_ratio: 1.5, ..good.clone() },
            OtlpSettings { sampling_ratio: f64::NAN, ..good.clone() },
            OtlpSettings { queue_size: 0, ..good.clone() },
            OtlpSettings { batch_size: 0, ..good.clone() },
            OtlpSettings { label_sets: 0, ..good.clone() },
            OtlpSettings { timeout: Duration::ZERO, ..good },
        ];
        for settings in refused {
            assert!(matches!(settings.check(), Err(StartError::Setting { .. })), "{settings:?}");
        }
    }
}
