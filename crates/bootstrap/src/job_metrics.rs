//! What is measured of jobs: how long each run takes and how it ends, and what waits in the queue.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use athyper_adapter_queue::queue_depth;
use athyper_adapter_telemetry::{JobMetrics, MetricError, Metrics, QueueState, observe_queues};
use athyper_kernel_db::Database;
use athyper_kernel_jobs::{JobError, JobHandler, JobType};
use athyper_kernel_lifecycle::Lifecycle;

/// How often the queue is counted: each count costs the database a little.
const INTERVAL: Duration = Duration::from_secs(15);

/// Name under which the jobs of all queues are counted.
const ALL_QUEUES: &str = "all";

/// The same job, whose runs are measured.
pub(crate) fn measured(job: JobType, metrics: &JobMetrics) -> JobType {
    let (handler, name, metrics) = (Arc::clone(&job.handler), job.name, metrics.clone());
    let measured: JobHandler = Arc::new(move |run| {
        let (work, metrics) = (handler(run), metrics.clone());
        Box::pin(async move {
            let started = Instant::now();
            let ended = work.await;
            metrics.record(name, outcome(&ended), started.elapsed());
            ended
        })
    });
    JobType { handler: measured, ..job }
}

/// How the handler ended. A job that is to be tried again may be dead all the same, when that was its last attempt.
fn outcome(ended: &Result<(), JobError>) -> &'static str {
    match ended {
        Ok(()) => "succeeded",
        Err(JobError::Abort { .. }) => "aborted",
        Err(JobError::Retry(_)) => "failed",
        Err(JobError::Snooze(_)) => "snoozed",
        Err(JobError::LeaseLost) => "lease_lost",
    }
}

/// Counts the queue now and then, for its gauges.
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
            match queue_depth(&database).await {
                Ok(depth) => {
                    let state = QueueState {
                        queue: ALL_QUEUES.to_owned(),
                        depth: u64::try_from(depth.due).unwrap_or(0),
                        lag: Duration::try_from_secs_f64(depth.oldest_due_seconds).unwrap_or_default(),
                    };
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = vec![state];
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
