//! Section `telemetry`: traces, metrics and logs.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::text::{http_url, not_blank};
use crate::secrets::serialize_redacted;

/// Whether and where traces, metrics and logs are sent.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Off means that no telemetry layer is installed at all.
    pub enabled: bool,
    /// OTLP collector (locked). Unset means that nothing leaves the process.
    #[validate(custom(function = "http_url"))]
    pub otlp_endpoint: Option<String>,
    /// Headers of each request to the collector (locked), as `name=value,name=value`.
    #[serde(serialize_with = "serialize_redacted")]
    pub otlp_headers: Option<SecretString>,
    /// Share of the traces begun here that are exported. Work for a caller follows the caller's decision.
    #[validate(range(min = 0.0, max = 1.0))]
    pub sampling_ratio: f64,
    /// Time between two exports of the metrics, in milliseconds.
    #[validate(range(min = 100, max = 3_600_000))]
    pub metrics_interval_ms: u64,
    /// Version reported with traces: the OpenTelemetry attribute `service.version`.
    #[validate(custom(function = "not_blank"))]
    pub service_version: String,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            otlp_endpoint: None,
            otlp_headers: None,
            sampling_ratio: 1.0,
            metrics_interval_ms: 60_000,
            service_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
