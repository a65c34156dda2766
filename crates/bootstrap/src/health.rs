//! Whether this process lives and can take work.

use std::time::Duration;

use athyper_kernel_db::Database;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{ProblemResponse, Reply};
use athyper_kernel_lifecycle::Lifecycle;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

/// How long the database may take to answer a probe.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the probes look at.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) database: Database,
}

/// How well a process that serves is. Degraded is still ready.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Condition {
    Healthy,
    Degraded,
}

#[derive(Debug, Serialize)]
struct Body {
    status: Condition,
}

/// The probes: outside tenancy and authentication, and without details.
pub(crate) fn routes(health: Health) -> Router {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready)).with_state(health)
}

async fn live() -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&Body { status: Condition::Healthy })?)
}

async fn ready(State(health): State<Health>) -> Result<Reply, ProblemResponse> {
    if !health.lifecycle.is_ready() {
        let detail = "the process is starting or stopping";
        return Err(Problem::new(ProblemKind::Unavailable, "platform.not_ready", detail).into());
    }
    let answered = tokio::time::timeout(PATIENCE, health.database.ping()).await;
    if !matches!(answered, Ok(Ok(()))) {
        let detail = "the database does not answer";
        return Err(Problem::new(ProblemKind::Unavailable, "platform.not_ready", detail).into());
    }
    let pool = health.database.stats();
    let is_tight = pool.open == pool.max && pool.idle == 0;
    let status = if is_tight { Condition::Degraded } else { Condition::Healthy };
    Ok(Reply::ok(&Body { status })?)
}
