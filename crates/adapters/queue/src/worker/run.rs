//! Runs one job: its context, its handler, and the log line at its end.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_jobs::{ClaimedJob, JobError, JobHandler, JobRun};
use athyper_kernel_telemetry::TraceContext;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::JobId;
use futures::FutureExt as _;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::Shared;
use super::ends::{self, Ending, Outcome};
use super::feed::{Claim, Slotted};
use super::leases::Lease;
use crate::context::context_of;
use crate::store::ClaimedRow;
use crate::{JobEvent, JobOrigin};

/// When a job whose tenant is unknown here is tried again.
const UNKNOWN_TENANT: Duration = Duration::from_mins(1);

/// Runs the job and records its end.
pub(super) async fn run(shared: Arc<Shared>, next: Slotted) {
    let _running = shared.stats.run();
    let Slotted { claim: Claim { row, held, mut lease, place }, slot } = next;
    let enqueued = row.trace();
    let origin = row.origin();
    let trace = own_trace(enqueued.as_ref(), origin.as_ref().and_then(|origin| origin.trace_id.as_deref()));
    // What the job leaves in the trail names the trace too, also when the job is where that begins.
    let origin = origin.map(|origin| JobOrigin { trace_id: Some(trace.trace_id()), ..origin });
    let span = job_span(origin.as_ref(), &trace, enqueued.as_ref(), (held.id, &row.name, row.attempt));
    async {
        let started = Instant::now();
        let context = match origin {
            Some(origin) => context_of(&shared.contexts, origin).await,
            None => None,
        };
        let outcome = if let (Some(context), Some(job_type)) = (context, shared.types.get(row.name.as_str()))
        {
            let job = claimed_job(&row, &held, context);
            let run = JobRun::new(job, shared.database.clone());
            handle(&shared, &mut lease, &job_type.handler, run).await
        } else {
            tracing::warn!("the tenant of this job is not served here now, trying again later");
            Outcome::Snooze(UNKNOWN_TENANT)
        };
        // The next job may start while the end of this one is recorded.
        drop(slot);
        shared.slot_is_free();
        let ending = ends::record(&shared, &row, &held, &mut lease, &outcome).await;
        let took = started.elapsed();
        log_end(&outcome, ending, took);
        shared.observe(&row, JobEvent::Ended { outcome: ending.as_str(), took });
    }
    .instrument(span)
    .await;
    drop(place);
    shared.room.notify_one();
    if held.gated {
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
        trace: row.trace(),
        in_database: true,
    }
}

/// The position of a run: below the work that enqueued its job, else in the job's trace, else in a new one.
pub(crate) fn own_trace(enqueued: Option<&TraceContext>, trace_id: Option<&str>) -> TraceContext {
    if let Some(enqueued) = enqueued {
        return enqueued.child();
    }
    let root = TraceContext::random();
    let given = trace_id.and_then(|trace_id| {
        TraceContext::from_headers(&format!("00-{trace_id}-{}-01", root.span_id()), None)
    });
    given.unwrap_or(root)
}

/// The span of a run at this position: what the log and the traces say about it. `job` is its id, type and attempt.
pub(crate) fn job_span(
    origin: Option<&JobOrigin>,
    trace: &TraceContext,
    enqueued: Option<&TraceContext>,
    job: (JobId, &str, i16),
) -> tracing::Span {
    let (job_id, operation, attempt) = job;
    tracing::info_span!(
        "job",
        request_id = origin.map(|origin| origin.request_id.as_str()),
        trace_id = trace.trace_id(),
        span_id = trace.span_id(),
        traceparent = enqueued.map(TraceContext::traceparent),
        tracestate = enqueued.and_then(TraceContext::tracestate),
        realm = origin.map(|origin| origin.realm_key.as_str()),
        tenant = origin.map(|origin| origin.tenant_key.as_str()),
        actor = origin.map(|origin| origin.actor.id.as_str()),
        %job_id,
        operation,
        attempt,
    )
}

/// Runs the handler until it ends, the lease is lost, or the job is cancelled or given up; in all but the first case it
/// is dropped where it stands, before this returns.
async fn handle(shared: &Shared, lease: &mut Lease, handler: &JobHandler, run: JobRun) -> Outcome {
    let cancelled = lease.cancelled();
    tokio::select! {
        biased;
        () = lease.lost() => Outcome::LeaseLost,
        outcome = call(handler, run) => outcome,
        () = cancelled => Outcome::Cancelled,
        () = shared.give_up.cancelled() => Outcome::Returned,
    }
}

/// Calls the handler; a panic is a failure like others.
pub(crate) async fn call(handler: &JobHandler, run: JobRun) -> Outcome {
    match AssertUnwindSafe(async move { handler(run).await }).catch_unwind().await {
        Ok(Ok(())) => Outcome::Succeeded,
        Ok(Err(error)) => outcome_of(error),
        Err(panic) => Outcome::Retry(format!("the handler panicked: {}", panic_text(&*panic))),
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

/// Writes the line at the end of a run.
pub(crate) fn log_end(outcome: &Outcome, ending: Ending, elapsed: Duration) {
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
