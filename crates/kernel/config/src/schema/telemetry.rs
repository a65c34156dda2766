//! Section `telemetry`: traces and metrics.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::text::{http_url, not_blank};

/// Whether and where traces and metrics are sent.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Off means that no telemetry layer is installed at all.
    pub enabled: bool,
    /// OTLP collector (locked). Unset means that nothing leaves the process.
    #[validate(custom(function = "http_url"))]
    pub otlp_endpoint: Option<String>,
    /// Version reported with traces: the OpenTelemetry attribute `service.version`.
    #[validate(custom(function = "not_blank"))]
    pub service_version: String,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { enabled: true, otlp_endpoint: None, service_version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}
