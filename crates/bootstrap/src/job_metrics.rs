//! What is measured of jobs: how long each run takes and how it ends, and what waits in the queue.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use athyper_adapter_queue::{JobEvent, JobObserver, queue_states};
use athyper_adapter_telemetry::{JobMetrics, MetricError, Metrics, QueueState, observe_queues};
use athyper_kernel_db::Database;
use athyper_kernel_lifecycle::Lifecycle;

/// How often the queue is counted: each count costs the database a little.
const INTERVAL: Duration = Duration::from_secs(15);

/// Hears of each run's end from the worker, which alone knows whether a job is tried again or dead.
pub(crate) fn observer(metrics: JobMetrics) -> JobObserver {
    JobObserver::new(move |news| {
        if let JobEvent::Ended { outcome, took } = news.event {
            metrics.record(news.job_type, outcome, took);
        }
    })
}

/// Counts the queues now and then, for their gauges.
pub(crate) fn observe_depth(
    metrics: &Metrics,
    database: &Database,
    lifecycle: &Lifecycle,
) -> Result<(), MetricError> {
    let last: Arc<Mutex<Vec<QueueState>>> = Arc::default();
    let counted = Arc::clone(&last);
    observe_queues(metrics, move || counted.lock().unwrap_or_else(PoisonError::into_inner).clone())?;
    let (database, stopping) = (database.clone(), lifecycle.stopping());
    lifecycle.spawn("queue metrics", async move {
        loop {
            match queue_states(&database).await {
                Ok(states) => {
                    let states = states.into_iter().map(|state| QueueState {
                        queue: state.queue,
                        depth: u64::try_from(state.due).unwrap_or(0),
                        lag: Duration::try_from_secs_f64(state.oldest_due_seconds).unwrap_or_default(),
                    });
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = states.collect();
                }
                // The database's own check tells of it; here it is one count that is missing.
                Err(error) => tracing::debug!(%error, "the queue could not be counted"),
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    });
    Ok(())
}
