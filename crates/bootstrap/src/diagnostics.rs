//! What an operator may know of a process that runs: version, parts, figures, and the configuration without its secrets.

use std::fmt;
use std::sync::Arc;

use athyper_kernel_container::{ContainerError, Scope};
use athyper_kernel_db::PoolStats;
use athyper_kernel_http::{ProblemResponse, Reply};
use athyper_kernel_types::Clock;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::tokens::{BREAKERS, CACHE, DATABASE, OBJECT_STORAGE, WORKER};

/// Figures of one part, read at the moment they are asked for.
type Figures = dyn Fn() -> Value + Send + Sync;

/// What is shown: facts that never change, and sections that are read anew each time.
#[derive(Clone)]
pub(crate) struct Diagnostics {
    clock: Clock,
    started_at: DateTime<Utc>,
    facts: Map<String, Value>,
    sections: Vec<(&'static str, Arc<Figures>)>,
}

impl Diagnostics {
    /// A process that starts now.
    pub(crate) fn new(clock: Clock) -> Self {
        let started_at = clock.now();
        let facts = Map::from_iter([("version".to_owned(), env!("CARGO_PKG_VERSION").into())]);
        Self { clock, started_at, facts, sections: Vec::new() }
    }

    /// Adds something that never changes.
    #[must_use]
    pub(crate) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a part that has figures.
    #[must_use]
    pub(crate) fn section(
        mut self,
        name: &'static str,
        read: impl Fn() -> Value + Send + Sync + 'static,
    ) -> Self {
        self.sections.push((name, Arc::new(read)));
        self
    }

    /// All of it.
    fn read(&self) -> Map<String, Value> {
        let mut all = self.facts.clone();
        all.insert("startedAt".to_owned(), self.started_at.to_rfc3339().into());
        let uptime = (self.clock.now() - self.started_at).num_seconds().max(0);
        all.insert("uptimeSeconds".to_owned(), uptime.into());
        all.extend(self.sections.iter().map(|(name, read)| ((*name).to_owned(), read())));
        all
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostics").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}

/// Adds what the parts of this process can tell of themselves.
pub(crate) async fn with_figures(
    diagnostics: Diagnostics,
    root: &Scope,
) -> Result<Diagnostics, ContainerError> {
    let (database, cache) = (root.resolve(&DATABASE).await?, root.resolve(&CACHE).await?);
    let (breakers, storage) = (root.resolve(&BREAKERS).await?, root.resolve(&OBJECT_STORAGE).await?);
    let parts = root.clone();
    let mut diagnostics = diagnostics
        .section("container", move || serde_json::to_value(parts.describe()).unwrap_or_default())
        .section("databasePool", {
            let database = Arc::clone(&database);
            move || pool(database.stats())
        })
        .section("replicaPool", move || database.replica_stats().map_or(Value::Null, pool))
        .section("circuitBreakers", move || serde_json::to_value(breakers.states()).unwrap_or_default())
        .section("objectStorage", move || {
            let stats = storage.stats();
            json!({
                "puts": stats.puts, "gets": stats.gets, "deletes": stats.deletes, "lists": stats.lists,
                "faults": stats.faults, "bytesPut": stats.bytes_put, "bytesRead": stats.bytes_read,
            })
        })
        .section("cache", move || {
            let stats = cache.stats();
            json!({
                "hits": stats.hits, "misses": stats.misses, "errors": stats.errors,
                "entries": stats.entries, "bytes": stats.bytes,
            })
        });
    // Only where this process runs jobs.
    if let Some(worker) = root.try_get(&WORKER)? {
        diagnostics = diagnostics.section("worker", move || {
            let stats = worker.stats();
            json!({
                "running": stats.running(), "claimed": stats.claimed(), "succeeded": stats.succeeded(),
                "failed": stats.failed(), "dead": stats.dead(),
            })
        });
    }
    Ok(diagnostics)
}

fn pool(stats: PoolStats) -> Value {
    json!({ "max": stats.max, "open": stats.open, "idle": stats.idle })
}

/// The route of the diagnostics; for the operator port alone.
pub(crate) fn routes(diagnostics: Diagnostics) -> Router {
    Router::new().route("/diagnostics", get(show)).with_state(diagnostics)
}

async fn show(State(diagnostics): State<Diagnostics>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&diagnostics.read())?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn figures_are_of_the_moment_and_facts_are_not() {
        let jobs = Arc::new(AtomicU64::new(1));
        let read = Arc::clone(&jobs);
        let diagnostics = Diagnostics::new(Clock::system())
            .fact("mode", "worker")
            .section("jobs", move || read.load(Ordering::Relaxed).into());
        assert_eq!(diagnostics.read()["jobs"], 1);
        jobs.store(2, Ordering::Relaxed);
        let shown = diagnostics.read();
        assert_eq!((&shown["jobs"], &shown["mode"]), (&json!(2), &json!("worker")));
        assert!(shown["uptimeSeconds"].is_u64() && shown["version"].is_string());
    }
}
