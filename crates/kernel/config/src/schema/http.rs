//! Section `http`: limits of the HTTP server.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Environment;

/// Drain delay outside `local`: load balancers need a moment to see that the process is no longer ready.
const DEPLOYED_DRAIN_DELAY: Duration = Duration::from_secs(5);

/// What one request may cost.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpConfig {
    /// Largest request body, in bytes.
    #[validate(range(min = 1_024, max = 1_073_741_824))]
    pub body_limit_bytes: u64,
    /// Largest body of an upload route, in bytes.
    #[validate(range(min = 1_024, max = 10_737_418_240_u64))]
    pub upload_limit_bytes: u64,
    /// How long one request may take, in milliseconds.
    #[validate(range(min = 1, max = 3_600_000))]
    pub request_timeout_ms: u64,
    /// How long a stopping process reports "not ready" and still serves, in milliseconds; see
    /// [`HttpConfig::drain_delay`] for what unset means.
    #[validate(range(min = 0, max = 600_000))]
    pub drain_delay_ms: Option<u64>,
}

impl HttpConfig {
    /// How long a stopping process still accepts requests: as configured, else nothing in `local` and 5 s elsewhere.
    pub fn drain_delay(&self, env: Environment) -> Duration {
        match (self.drain_delay_ms, env) {
            (Some(ms), _) => Duration::from_millis(ms),
            (None, Environment::Local) => Duration::ZERO,
            (None, Environment::Staging | Environment::Production) => DEPLOYED_DRAIN_DELAY,
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            body_limit_bytes: 2 * 1024 * 1024,
            upload_limit_bytes: 32 * 1024 * 1024,
            request_timeout_ms: 30_000,
            drain_delay_ms: None,
        }
    }
}
