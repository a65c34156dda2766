//! Traces, metrics and logs of this process: where they go, and what is measured.

use std::time::{Duration, Instant};

use athyper_adapter_cache::Cache;
use athyper_adapter_object_storage::ObjectStorage;
use athyper_adapter_telemetry::{
    HttpMetrics, MetricError, Metrics, OPENMETRICS, OtlpSettings, PoolState, Service, Spec, Telemetry,
    observe_pool,
};
use athyper_kernel_config::{LoadedConfig, Mode, TelemetryConfig};
use athyper_kernel_db::{Database, PoolStats};
use athyper_kernel_resilience::{BreakerPhase, Breakers};
use athyper_kernel_types::Clock;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::header;
use axum::response::Response;
use axum::routing::get;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::StartError;
use crate::outside::wrong_address;

/// How long the end of a process waits for its last spans, metrics and log lines to be taken.
pub(crate) const LAST_EXPORT: Duration = Duration::from_secs(5);

/// Starts the telemetry that is configured. A collector that is away is no error.
pub(crate) fn start(mode: Mode, loaded: &LoadedConfig) -> Result<Telemetry, StartError> {
    let config = &loaded.config.telemetry;
    let endpoint = config.otlp_endpoint.as_deref().map(str::parse).transpose();
    let service = Service {
        name: loaded.config.service_name.clone(),
        version: config.service_version.clone(),
        environment: loaded.config.env.as_str().to_owned(),
        mode: mode.as_str().to_owned(),
    };
    let settings = OtlpSettings {
        enabled: config.enabled,
        headers: headers(config)?,
        sampling_ratio: config.sampling_ratio,
        metrics_interval: Duration::from_millis(config.metrics_interval_ms),
        ..OtlpSettings::new(endpoint.map_err(|_| wrong_address("telemetry.otlpEndpoint"))?, service)
    };
    Ok(Telemetry::start(settings, Clock::system())?)
}

/// Reads `name=value,name=value`. No message repeats a value.
fn headers(config: &TelemetryConfig) -> Result<Vec<(String, SecretString)>, StartError> {
    let Some(text) = &config.otlp_headers else { return Ok(Vec::new()) };
    let pairs = text.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let wrong = || StartError::Command("telemetry.otlpHeaders: write it as name=value,name=value".to_owned());
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
        Ok((name.trim().to_owned(), value.trim().into()))
    };
    pairs.map(header).collect()
}

/// Measures a request that is served. Stands where the route is known.
pub(crate) async fn measured(
    metrics: &HttpMetrics,
    request: Request,
    serve: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = serve(request).await;
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    metrics.record(method.as_str(), route, response.status().as_u16(), started.elapsed());
    response
}

/// All metrics as text, for whoever scrapes them. It belongs on a port that is not public.
pub(crate) fn metrics_route(metrics: Metrics) -> Router {
    let render = move || async move { ([(header::CONTENT_TYPE, OPENMETRICS)], metrics.render()) };
    Router::new().route("/metrics", get(render))
}

/// Watches the pools of the database.
pub(crate) fn observe_database(metrics: &Metrics, database: &Database) -> Result<(), MetricError> {
    let primary = database.clone();
    observe_pool(metrics, "primary", move || pool_state(primary.stats()))?;
    if database.replica_stats().is_some() {
        let replica = database.clone();
        observe_pool(metrics, "replica", move || {
            replica.replica_stats().map(pool_state).unwrap_or_default()
        })?;
    }
    Ok(())
}

fn pool_state(stats: PoolStats) -> PoolState {
    PoolState { used: stats.open.saturating_sub(stats.idle), idle: stats.idle, max: stats.max }
}

/// Watches the circuit breakers: 1 for the phase that each of them is in, 0 for the others; and the calls that they
/// refused, so that an outage can be seen after it is over.
pub(crate) fn observe_breakers(metrics: &Metrics, breakers: &Breakers) -> Result<(), MetricError> {
    let phase = Spec {
        name: "athyper.circuit_breaker.phase",
        unit: "1",
        description: "1 for the phase that the breaker before a target is in.",
    };
    let watched = breakers.clone();
    metrics.observable_gauge(
        phase,
        ["athyper.target", "athyper.circuit_breaker.phase"],
        move |observer| {
            for state in watched.states() {
                for (phase, word) in PHASES {
                    observer.set(f64::from(u8::from(state.phase == phase)), [&state.target, word]);
                }
            }
        },
    )?;
    let refused = Spec {
        name: "athyper.circuit_breaker.refused",
        unit: "{call}",
        description: "Calls that the breaker before a target has refused since the process started.",
    };
    let watched = breakers.clone();
    metrics.observable_gauge(refused, ["athyper.target"], move |observer| {
        for state in watched.states() {
            observer.set(number(state.totals.refused), [&state.target]);
        }
    })
}

const PHASES: [(BreakerPhase, &str); 3] =
    [(BreakerPhase::Closed, "closed"), (BreakerPhase::Open, "open"), (BreakerPhase::HalfOpen, "half_open")];

/// Watches the cache: calls by their outcome since the process started.
pub(crate) fn observe_cache(metrics: &Metrics, cache: &Cache) -> Result<(), MetricError> {
    let calls = Spec {
        name: "athyper.cache.calls",
        unit: "{call}",
        description: "Calls of the cache by outcome since the process started.",
    };
    let cache = cache.clone();
    metrics.observable_gauge(calls, ["athyper.cache.outcome"], move |observer| {
        let stats = cache.stats();
        for (outcome, count) in [("hit", stats.hits), ("miss", stats.misses), ("error", stats.errors)] {
            observer.set(number(count), [outcome]);
        }
    })
}

/// Watches the object storage: calls by kind since the process started, and those that failed on our side or the store's.
pub(crate) fn observe_storage(metrics: &Metrics, storage: &ObjectStorage) -> Result<(), MetricError> {
    let calls = Spec {
        name: "athyper.object_storage.calls",
        unit: "{call}",
        description: "Calls of the object storage by kind since the process started.",
    };
    let watched = storage.clone();
    metrics.observable_gauge(calls, ["athyper.object_storage.call"], move |observer| {
        let stats = watched.stats();
        let kinds =
            [("put", stats.puts), ("get", stats.gets), ("delete", stats.deletes), ("list", stats.lists)];
        for (kind, count) in kinds.into_iter().chain([("fault", stats.faults)]) {
            observer.set(number(count), [kind]);
        }
    })
}

/// Exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number by its format")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, SecretString)>, StartError> {
        headers(&TelemetryConfig { otlp_headers: Some(text.to_owned().into()), ..TelemetryConfig::default() })
    }

    #[test]
    fn headers_are_pairs_and_their_values_are_not_shown() {
        let headers = read("authorization=Basic a2V5PQ==, x-scope = a ,").unwrap();
        let shown: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        assert_eq!(shown, [("authorization", "Basic a2V5PQ=="), ("x-scope", "a")]);
        assert!(!read("hunter2").unwrap_err().to_string().contains("hunter2"));
    }
}
