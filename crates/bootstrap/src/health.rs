//! Whether this process lives and can take work: named checks, run together and remembered for a moment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_cache::Cache;
use athyper_kernel_db::Database;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{ProblemResponse, Reply};
use athyper_kernel_lifecycle::Lifecycle;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::future::{BoxFuture, FutureExt as _, join_all};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How checks are run.
#[derive(Clone, Copy, Debug)]
struct Timing {
    /// How long one check may take.
    patience: Duration,
    /// How long a finding is remembered, so that nobody can wear out a part by asking for its health.
    memory: Duration,
}

const TIMING: Timing = Timing { patience: Duration::from_secs(2), memory: Duration::from_secs(1) };

/// What a check does. It says in a sentence what is wrong.
type Check = dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync;

/// One thing that has to be well.
#[derive(Clone)]
pub(crate) struct HealthCheck {
    /// Name, such as `database`.
    pub(crate) name: &'static str,
    /// Whether the process can do nothing useful without it. Otherwise it is degraded, which is ready.
    pub(crate) needed: bool,
    check: Arc<Check>,
}

impl HealthCheck {
    /// A part without which no work can be taken.
    pub(crate) fn needed<F, Fut>(name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, needed: true, check: Arc::new(move || check().boxed()) }
    }

    /// A part whose absence takes something away, but not all.
    pub(crate) fn useful<F, Fut>(name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { needed: false, ..Self::needed(name, check) }
    }

    async fn run(self, patience: Duration) -> Finding {
        let started = Instant::now();
        let problem = match timeout(patience, (self.check)()).await {
            Ok(Ok(())) => None,
            Ok(Err(problem)) => Some(problem),
            Err(_elapsed) => Some(format!("no answer within {patience:?}")),
        };
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = match (&problem, self.needed) {
            (None, _) => Condition::Healthy,
            (Some(_), true) => Condition::Unhealthy,
            (Some(_), false) => Condition::Degraded,
        };
        Finding { name: self.name, needed: self.needed, status, elapsed_ms, problem }
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCheck").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The checks that every process has: the database, and whether all of its connections are in use.
pub(crate) fn database_checks(database: &Database) -> [HealthCheck; 2] {
    let (asked, pool) = (database.clone(), database.clone());
    let answers = move || {
        let database = asked.clone();
        async move { database.ping().await.map_err(|error| error.to_string()) }
    };
    let has_room = move || {
        let stats = pool.stats();
        let is_full = stats.open >= stats.max && stats.idle == 0;
        let problem = format!("all {} connections are in use", stats.max);
        async move { if is_full { Err(problem) } else { Ok(()) } }
    };
    [HealthCheck::needed("database", answers), HealthCheck::useful("database.pool", has_room)]
}

/// Whether the cache answers. Without it limits are kept by each process alone.
pub(crate) fn cache_check(cache: &Cache) -> HealthCheck {
    let cache = cache.clone();
    HealthCheck::useful("cache", move || {
        let cache = cache.clone();
        async move { cache.ping().await.map(drop).map_err(|error| error.to_string()) }
    })
}

/// How well something is, best first. Degraded is still ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    Healthy,
    Degraded,
    Unhealthy,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) name: &'static str,
    pub(crate) needed: bool,
    pub(crate) status: Condition,
    pub(crate) elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
}

/// What all checks found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Findings {
    pub(crate) status: Condition,
    pub(crate) checks: Arc<[Finding]>,
}

/// The health of this process. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    lifecycle: Lifecycle,
    checks: Arc<[HealthCheck]>,
    timing: Timing,
    last: Arc<Mutex<Option<(Instant, Findings)>>>,
}

impl Health {
    /// A process that is well when these checks are.
    pub(crate) fn new(lifecycle: Lifecycle, checks: impl IntoIterator<Item = HealthCheck>) -> Self {
        Self { lifecycle, checks: checks.into_iter().collect(), timing: TIMING, last: Arc::default() }
    }

    /// Runs all checks, or gives what they found a moment ago. Callers at the same time share one run.
    pub(crate) async fn findings(&self) -> Findings {
        let mut last = self.last.lock().await;
        if let Some((at, findings)) = &*last
            && at.elapsed() < self.timing.memory
        {
            return findings.clone();
        }
        let runs = self.checks.iter().cloned().map(|check| check.run(self.timing.patience));
        let checks: Arc<[Finding]> = join_all(runs).await.into();
        let status = checks.iter().map(|finding| finding.status).max().unwrap_or(Condition::Healthy);
        let findings = Findings { status, checks };
        *last = Some((Instant::now(), findings.clone()));
        findings
    }

    /// Whether the process has started and has not begun to stop.
    fn is_running(&self) -> bool {
        self.lifecycle.is_ready()
    }
}

#[derive(Debug, Serialize)]
struct Body {
    status: Condition,
}

/// The public probes: outside tenancy and authentication, and without details.
pub(crate) fn public_routes(health: Health) -> Router {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready)).with_state(health)
}

/// The probes of operators, with what each check found.
pub(crate) fn operator_routes(health: Health) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready_in_detail))
        .with_state(health)
}

/// Whoever answers lives.
pub(crate) async fn live() -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&Body { status: Condition::Healthy })?)
}

/// The answer of a process that takes no work now.
pub(crate) fn not_ready() -> Problem {
    let detail = "the process is starting or stopping";
    Problem::new(ProblemKind::Unavailable, "platform.not_ready", detail).retry_after(1)
}

async fn ready(State(health): State<Health>) -> Result<Reply, ProblemResponse> {
    if !health.is_running() {
        return Err(not_ready().into());
    }
    match health.findings().await.status {
        Condition::Unhealthy => {
            let detail = "a part that is needed does not answer";
            Err(Problem::new(ProblemKind::Unavailable, "platform.not_ready", detail).retry_after(2).into())
        }
        status => Ok(Reply::ok(&Body { status })?),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    ready: bool,
    /// Whether the process has started and has not begun to stop.
    running: bool,
    #[serde(flatten)]
    findings: Findings,
}

async fn ready_in_detail(State(health): State<Health>) -> Result<Response, ProblemResponse> {
    let (running, findings) = (health.is_running(), health.findings().await);
    let ready = running && findings.status != Condition::Unhealthy;
    let mut response = Reply::ok(&Details { ready, running, findings })?.into_response();
    if !ready {
        *response.status_mut() = axum::http::StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, 1.into());
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use athyper_kernel_lifecycle::LifecycleOptions;
    use axum::body::{Body as RequestBody, to_bytes};
    use axum::http::Request;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    fn running() -> Lifecycle {
        let lifecycle = Lifecycle::new(LifecycleOptions::default());
        lifecycle.set_ready();
        lifecycle
    }

    async fn answer(router: Router, path: &str) -> (u16, Value) {
        let request = Request::get(path).body(RequestBody::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        if status == 503 {
            assert!(response.headers().contains_key("retry-after"));
        }
        (status, serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap())
    }

    fn broken() -> std::future::Ready<Result<(), String>> {
        std::future::ready(Err("host db-7 is gone".to_owned()))
    }

    fn well() -> std::future::Ready<Result<(), String>> {
        std::future::ready(Ok(()))
    }

    #[tokio::test]
    async fn without_a_useful_part_it_is_degraded_which_is_ready() {
        let health =
            Health::new(running(), [HealthCheck::needed("a", well), HealthCheck::useful("b", broken)]);
        let (status, body) = answer(public_routes(health.clone()), "/health/ready").await;
        assert_eq!((status, &body), (200, &serde_json::json!({"status": "degraded"})));
        let (status, body) = answer(operator_routes(health), "/health/ready").await;
        assert_eq!((status, &body["ready"], &body["status"]), (200, &true.into(), &"degraded".into()));
        assert_eq!(body["checks"][1]["problem"], "host db-7 is gone");
        assert!(body["checks"][0].get("problem").is_none());
    }

    #[tokio::test]
    async fn without_a_needed_part_it_is_not_ready_and_the_public_is_not_told_why() {
        let health = Health::new(running(), [HealthCheck::needed("a", broken)]);
        let (status, body) = answer(public_routes(health.clone()), "/health/ready").await;
        assert_eq!((status, &body["code"]), (503, &"platform.not_ready".into()));
        assert!(!body.to_string().contains("db-7"));
        let (status, body) = answer(operator_routes(health.clone()), "/health/ready").await;
        assert_eq!((status, &body["status"]), (503, &"unhealthy".into()));
        assert_eq!(answer(public_routes(health), "/health/live").await.0, 200);
    }

    #[tokio::test]
    async fn a_process_that_starts_or_stops_is_not_ready() {
        let lifecycle = Lifecycle::new(LifecycleOptions::default());
        let health = Health::new(lifecycle.clone(), [HealthCheck::needed("a", well)]);
        assert_eq!(answer(public_routes(health.clone()), "/health/ready").await.0, 503);
        lifecycle.set_ready();
        assert_eq!(answer(public_routes(health.clone()), "/health/ready").await.0, 200);
        lifecycle.shutdown("test").await;
        let (status, body) = answer(operator_routes(health.clone()), "/health/ready").await;
        assert_eq!((status, &body["running"], &body["status"]), (503, &false.into(), &"healthy".into()));
        assert_eq!(answer(public_routes(health), "/health/live").await.0, 200);
    }

    #[tokio::test]
    async fn a_check_that_hangs_has_failed_and_keeps_no_other_from_running() {
        let hangs = || std::future::pending();
        let checks = [HealthCheck::useful("hangs", hangs), HealthCheck::useful("well", well)];
        let mut health = Health::new(running(), checks);
        health.timing.patience = Duration::from_millis(20);
        let findings = health.findings().await;
        assert_eq!(findings.status, Condition::Degraded);
        let statuses: Vec<_> = findings.checks.iter().map(|finding| finding.status).collect();
        assert_eq!(statuses, [Condition::Degraded, Condition::Healthy]);
    }

    #[tokio::test]
    async fn asking_often_asks_the_parts_seldom() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let mut health = Health::new(
            running(),
            [HealthCheck::needed("a", move || {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().map(Ok)
            })],
        );
        health.timing.memory = Duration::from_hours(1);
        join_all((0..50).map(|_| health.findings())).await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        health.timing.memory = Duration::ZERO;
        health.findings().await;
        health.findings().await;
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
