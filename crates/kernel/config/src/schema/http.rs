//! Section `http`: limits of the HTTP server, who may call it from a browser, and who stands in front of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use validator::{Validate, ValidationError};

use super::{Environment, Network};

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
    /// Largest file of records to import, in bytes. It is read in parts, so it costs room in the object storage and no memory.
    #[validate(range(min = 1_024, max = 10_737_418_240_u64))]
    pub import_limit_bytes: u64,
    /// Largest head of a request, its line and all headers together, in bytes.
    #[validate(range(min = 8_192, max = 1_048_576))]
    pub header_limit_bytes: u32,
    /// How long one request may take, in milliseconds.
    #[validate(range(min = 1, max = 3_600_000))]
    pub request_timeout_ms: u64,
    /// How long a connection may take to send the head of a request, in milliseconds, the wait for its first byte
    /// included: it is also how long a kept connection may idle. A proxy that keeps connections should give them up
    /// earlier; the usual ones do after 60 s.
    #[validate(range(min = 100, max = 3_600_000))]
    pub header_timeout_ms: u64,
    /// Most connections at once; further ones wait until one ends.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections: u32,
    /// Most streams of events at once, a quarter of them of one tenant; further ones are asked to come again.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_event_streams: u32,
    /// How long a stopping process reports "not ready" and still serves, in milliseconds; see
    /// [`HttpConfig::drain_delay`] for what unset means.
    #[validate(range(min = 0, max = 600_000))]
    pub drain_delay_ms: Option<u64>,
    /// Who may call from a browser.
    #[validate(nested)]
    pub cors: CorsConfig,
    /// Proxies whose word on the caller's address, scheme and host is taken.
    pub trusted_proxies: Vec<Network>,
    /// In which header these proxies say it. The others are the caller's to forge, so only one is read.
    pub forwarded_header: ForwardedHeader,
    /// How often something may be called.
    #[validate(nested)]
    pub rate_limits: RateLimitConfig,
}

/// How a proxy tells whom it forwards for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Cross-origin requests of browsers (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CorsConfig {
    /// Origins whose pages may call, each exactly as a browser sends it; empty means none. There is no wildcard.
    #[validate(custom(function = "origins"))]
    pub allowed_origins: Vec<String>,
}

/// How many requests one minute takes.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimitConfig {
    /// Whether requests are counted at all.
    pub enabled: bool,
    /// Requests of one tenant, in a minute.
    #[validate(range(min = 1, max = 100_000_000))]
    pub tenant_per_minute: u32,
    /// Requests of one tenant to one operation, in a minute.
    #[validate(range(min = 1, max = 100_000_000))]
    pub operation_per_minute: u32,
    /// Requests of one tenant to an operation, in a minute, for the operations named here by their id.
    #[validate(custom(function = "per_minute"))]
    pub operations: BTreeMap<String, u32>,
    /// Tokens from one client address that cannot be verified, in a minute; past it the address has to wait.
    #[validate(range(min = 1, max = 100_000_000))]
    pub failed_tokens_per_minute: u32,
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
            import_limit_bytes: 2 * 1024 * 1024 * 1024,
            header_limit_bytes: 64 * 1024,
            request_timeout_ms: 30_000,
            header_timeout_ms: 65_000,
            max_connections: 4_096,
            max_event_streams: 512,
            drain_delay_ms: None,
            cors: CorsConfig::default(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            rate_limits: RateLimitConfig::default(),
        }
    }
}

impl Default for RateLimitConfig {
    /// Far above what people do, and below what a program gone wild does.
    fn default() -> Self {
        Self {
            enabled: true,
            tenant_per_minute: 120_000,
            operation_per_minute: 60_000,
            operations: BTreeMap::new(),
            failed_tokens_per_minute: 600,
        }
    }
}

/// Accepts origins as a browser writes them: scheme, host and port, nothing else, in lower case.
fn origins(origins: &[String]) -> Result<(), ValidationError> {
    let is_origin = |text: &String| {
        Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.origin().ascii_serialization() == *text
                && !text.contains('*')
        })
    };
    if origins.iter().all(is_origin) {
        return Ok(());
    }
    let message =
        "must hold origins as a browser sends them, such as https://app.example.com, without a path or *";
    Err(ValidationError::new("origins").with_message(Cow::Borrowed(message)))
}

/// Accepts limits that let something through.
fn per_minute(limits: &BTreeMap<String, u32>) -> Result<(), ValidationError> {
    if limits.values().all(|limit| (1..=100_000_000).contains(limit)) {
        return Ok(());
    }
    Err(ValidationError::new("limits").with_message(Cow::Borrowed("must hold numbers from 1 to 100000000")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        let accepts = |text: &str| origins(&[text.to_owned()]).is_ok();
        for good in ["https://app.example.com", "http://localhost:5173", "https://[::1]:8443"] {
            assert!(accepts(good), "{good}");
        }
        for bad in [
            "*",
            "null",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com:443",
            "https://APP.example.com",
            "app.example.com",
            "https://u@app.example.com",
        ] {
            assert!(!accepts(bad), "{bad}");
        }
        assert!(origins(&[]).is_ok());
    }

    #[test]
    fn no_limit_shuts_an_operation() {
        let limits = |limit| per_minute(&BTreeMap::from([("a.b".to_owned(), limit)]));
        assert!(limits(1).is_ok());
        assert!(limits(0).is_err());
    }
}
