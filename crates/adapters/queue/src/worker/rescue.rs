//! Takes jobs from workers that were lost, whatever their type: every worker looks after all.

use std::sync::Arc;

use athyper_kernel_db::{DbError, SystemReason};
use tokio::time::sleep;

use super::Shared;
use super::ends::given_up;
use crate::outage::Outage;
use crate::store::{self, Fate};
use crate::{JobEvent, JobNews};

/// What a job's list of errors says about a run whose worker was lost.
const MESSAGE: &str = "the worker stopped while it ran the job";
/// Jobs taken in one transaction.
const BATCH: usize = 100;

/// Looks for leases that have run out, twice in the length of a lease, until the process stops.
pub(super) async fn rescue_jobs(shared: Arc<Shared>) {
    let stopping = shared.lifecycle.stopping();
    let mut outage = Outage::new("look for lost jobs");
    loop {
        let looked = tokio::select! {
            () = stopping.cancelled() => return,
            looked = rescue_batch(&shared) => looked,
        };
        let wait = match looked {
            Ok(BATCH..) => continue,
            Ok(_) => match open_gates(&shared).await {
                Ok(()) => {
                    outage.over();
                    shared.config.lease / 2
                }
                Err(error) => outage.failed(&error),
            },
            Err(error) => outage.failed(&error),
        };
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

/// Wakes parked jobs that nobody woke.
async fn open_gates(shared: &Shared) -> Result<(), DbError> {
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let woken = store::gates::sweep(tx.conn()).await?;
    tx.commit().await?;
    if woken > 0 {
        shared.wake.notify_one();
    }
    Ok(())
}

async fn rescue_batch(shared: &Shared) -> Result<usize, DbError> {
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let rescued = store::rescue(tx.conn(), limit, MESSAGE, &given_up()).await?;
    tx.commit().await?;
    for job in &rescued {
        let fate = match job.fate {
            Fate::Waits => "waits",
            Fate::Dead => "dead",
            Fate::Cancelled => "cancelled",
        };
        let event = JobEvent::Rescued { fate };
        shared.config.observer.tell(&JobNews { job_type: &job.name, queue: &job.queue, event });
        let (job_id, operation, worker_id) = (job.id, job.name.as_str(), job.worker_id.as_str());
        match job.fate {
            Fate::Dead => {
                shared.stats.add_dead();
                tracing::error!(%job_id, operation, worker_id, "{MESSAGE}, and its attempts are used up");
            }
            Fate::Waits => tracing::warn!(%job_id, operation, worker_id, "{MESSAGE}"),
            Fate::Cancelled => {
                tracing::warn!(%job_id, operation, worker_id, "{MESSAGE}, which was cancelled");
            }
        }
    }
    Ok(rescued.len())
}
