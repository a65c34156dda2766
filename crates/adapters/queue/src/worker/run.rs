//! Runs one job: its context, its handler, and the log line at its end.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_jobs::{ClaimedJob, JobError, JobHandler, JobRun};
use athyper_kernel_tenant_context::TenantContext;
use futures::FutureExt as _;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::Shared;
use super::ends::{self, Ending, Outcome};
use super::feed::Claim;
use super::leases::Lease;
use crate::store::ClaimedRow;

/// When a job whose tenant is unknown here is tried again.
const UNKNOWN_TENANT: Duration = Duration::from_mins(1);

/// Runs the job and records its end.
pub(super) async fn run(shared: Arc<Shared>, claim: Claim) {
    let _running = shared.stats.run();
    let Claim { row, held, mut lease, slot } = claim;
    let origin = row.origin();
    let span = tracing::info_span!(
        "job",
        request_id = origin.as_ref().map(|origin| origin.request_id.as_str()),
        trace_id = origin.as_ref().and_then(|origin| origin.trace_id.as_deref()),
        realm = origin.as_ref().map(|origin| origin.realm_key.as_str()),
        tenant = origin.as_ref().map(|origin| origin.tenant_key.as_str()),
        actor = origin.as_ref().map(|origin| origin.actor.id.as_str()),
        job_id = %held.id,
        operation = row.name,
        attempt = row.attempt,
    );
    let context = origin.and_then(|origin| {
        let context = (shared.contexts)(&origin)?;
        // A context of another tenant would open that one's rows to the job.
        (context.tenant_id() == origin.tenant_id).then_some(context)
    });
    async {
        let started = Instant::now();
        let outcome = if let (Some(context), Some(job_type)) = (context, shared.types.get(row.name.as_str()))
        {
            let job = claimed_job(&row, &held, context);
            let run = JobRun::new(job, shared.database.clone());
            handle(&shared, &mut lease, &job_type.handler, run).await
        } else {
            tracing::warn!("the tenant of this job is not configured here, trying again later");
            Outcome::Snooze(UNKNOWN_TENANT)
        };
        let ending = ends::record(&shared, &row, &held, &mut lease, &outcome).await;
        log_end(&outcome, ending, started.elapsed());
    }
    .instrument(span)
    .await;
    drop(slot);
    if held.serial {
        shared.wake.notify_one();
    }
}

fn claimed_job(row: &ClaimedRow, held: &crate::store::Held, context: TenantContext) -> ClaimedJob {
    ClaimedJob {
        id: held.id,
        name: row.name.clone(),
        payload: row.payload.clone(),
        attempt: row.attempt,
        max_attempts: row.max_attempts,
        lease_token: held.token,
        context,
    }
}

/// Runs the handler until it ends, the lease is lost, or the job is cancelled or given up; in all but the first case it
/// is dropped where it stands, before this returns.
async fn handle(shared: &Shared, lease: &mut Lease, handler: &JobHandler, run: JobRun) -> Outcome {
    let cancelled = lease.cancelled();
    let result = AssertUnwindSafe(async move { handler(run).await }).catch_unwind();
    tokio::select! {
        biased;
        () = lease.lost() => Outcome::LeaseLost,
        result = result => match result {
            Ok(Ok(())) => Outcome::Succeeded,
            Ok(Err(error)) => outcome_of(error),
            Err(panic) => Outcome::Retry(format!("the handler panicked: {}", panic_text(&*panic))),
        },
        () = cancelled => Outcome::Cancelled,
        () = shared.give_up.cancelled() => Outcome::Returned,
    }
}

fn outcome_of(error: JobError) -> Outcome {
    match error {
        JobError::Abort { message, errors } => Outcome::Abort { message, errors },
        JobError::Retry(error) => Outcome::Retry(with_causes(&*error)),
        JobError::Snooze(delay) => Outcome::Snooze(delay),
        JobError::LeaseLost => Outcome::LeaseLost,
    }
}

/// The error and what caused it, each cause once: many errors repeat their cause in their own text.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "no message"
    }
}

fn log_end(outcome: &Outcome, ending: Ending, elapsed: Duration) {
    let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let error = outcome.message();
    let outcome = ending.as_str();
    match ending {
        Ending::Succeeded | Ending::Snoozed | Ending::Returned | Ending::Cancelled => {
            tracing::info!(elapsed_us, outcome, "job ended");
        }
        Ending::Retried | Ending::LeaseLost => tracing::warn!(elapsed_us, outcome, error, "job ended"),
        Ending::Dead | Ending::Unrecorded => tracing::error!(elapsed_us, outcome, error, "job ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn causes_are_told_once() {
        let root = Layer { text: "disk full", source: None };
        let middle = Layer { text: "cannot write: disk full", source: Some(Box::new(root)) };
        let top = Layer { text: "import", source: Some(Box::new(middle)) };
        assert_eq!(with_causes(&top), "import: cannot write: disk full");
    }
}
