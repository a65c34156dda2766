//! A worker for jobs on Redis: the same handlers, contexts, observer and log lines as for jobs in the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_db::Database;
use athyper_kernel_jobs::{ClaimedJob, JobRun, JobType};
use athyper_kernel_lifecycle::{Lifecycle, ShuttingDown};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{LOST, RedisQueue, RedisQueueError, SideClaim, SideEnd, SideLost};
use crate::context::context_of;
use crate::outage::Outage;
use crate::worker::ends::{Ending, Outcome, jitter, storable};
use crate::worker::run::{call, job_span, log_end, own_trace};
use crate::{ContextFactory, JobEvent, JobNews, JobOrigin, WorkerConfig, WorkerError};

/// Time to return the jobs that were cancelled at the stop, after the drain.
const RETURNING: Duration = Duration::from_secs(5);
/// When a job whose tenant is unknown here is tried again.
const UNKNOWN_TENANT: Duration = Duration::from_mins(1);

/// A worker that runs in the background until the process stops.
#[derive(Clone, Copy, Debug)]
pub struct RedisWorker;

struct Shared {
    queue: RedisQueue,
    database: Database,
    lifecycle: Lifecycle,
    types: HashMap<&'static str, JobType>,
    contexts: ContextFactory,
    config: WorkerConfig,
    slots: Arc<Semaphore>,
    give_up: CancellationToken,
}

impl RedisWorker {
    /// Starts a worker for those of these types that are declared for Redis. It waits for no server: where there is none, it
    /// tries until there is. At shutdown it does as the worker of the database does. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`WorkerError`]: two types with one name, or a process that is already stopping.
    pub fn start(
        queue: &RedisQueue,
        database: &Database,
        lifecycle: &Lifecycle,
        types: Vec<JobType>,
        contexts: ContextFactory,
        config: WorkerConfig,
    ) -> Result<Self, WorkerError> {
        let mut by_name = HashMap::new();
        for job_type in types.into_iter().filter(|job_type| job_type.is_on_redis) {
            let name = job_type.name;
            if by_name.insert(name, job_type).is_some() {
                return Err(WorkerError::DuplicateType(name));
            }
        }
        let shared = Arc::new(Shared {
            queue: queue.clone(),
            database: database.clone(),
            lifecycle: lifecycle.clone(),
            types: by_name,
            contexts,
            slots: Arc::new(Semaphore::new(config.concurrency.max(1))),
            give_up: CancellationToken::new(),
            config,
        });
        stop_with(&shared)?;
        lifecycle.spawn("redis job claims", claim_jobs(Arc::clone(&shared)));
        Ok(Self)
    }
}

/// Waits for the jobs under way at the stop, and returns those that last too long.
fn stop_with(shared: &Arc<Shared>) -> Result<(), ShuttingDown> {
    let give_up = shared.give_up.clone().drop_guard();
    let (slots, drain) = (Arc::clone(&shared.slots), shared.config.drain);
    let all = u32::try_from(shared.config.concurrency.max(1)).unwrap_or(u32::MAX);
    shared.lifecycle.on_shutdown("redis job worker", drain + RETURNING, move || async move {
        let idle = timeout(drain, slots.acquire_many(all)).await.is_ok();
        drop(give_up);
        if !idle {
            let _all_returned = slots.acquire_many(all).await?;
        }
        Ok(())
    })
}

async fn claim_jobs(shared: Arc<Shared>) {
    let stopping = shared.lifecycle.stopping();
    let mut types: Vec<String> = shared.types.keys().map(|name| (*name).to_owned()).collect();
    types.sort_unstable();
    if types.is_empty() {
        return;
    }
    let mut outage = Outage::new("claim jobs in redis");
    loop {
        let mut slots = tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            slot = Arc::clone(&shared.slots).acquire_owned() => match slot {
                Ok(slot) => slot,
                Err(_closed) => return,
            },
        };
        let more = u32::try_from(shared.slots.available_permits()).unwrap_or(u32::MAX);
        if let Ok(others) = Arc::clone(&shared.slots).try_acquire_many_owned(more) {
            slots.merge(others);
        }
        let until = Instant::now() + shared.config.lease;
        let wait = match shared.queue.claim(&types, slots.num_permits(), shared.config.lease).await {
            Ok((claims, lost)) => {
                outage.over();
                for job in &lost {
                    shared.tell_lost(job);
                }
                let is_idle = claims.is_empty();
                for claim in claims {
                    if let Some(slot) = slots.split(1) {
                        shared.tell(&claim, JobEvent::Claimed { waited: claim.waited });
                        shared.lifecycle.spawn("redis job", run(Arc::clone(&shared), claim, until, slot));
                    }
                }
                if is_idle { shared.config.poll_interval } else { Duration::ZERO }
            }
            Err(error) => outage.failed(&error),
        };
        drop(slots);
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

impl Shared {
    fn tell(&self, claim: &SideClaim, event: JobEvent) {
        self.config.observer.tell(&JobNews { job_type: &claim.job.name, queue: &claim.job.queue, event });
    }

    fn tell_lost(&self, job: &SideLost) {
        let (job_id, operation) = (job.id.as_str(), job.name.as_str());
        let fate = if job.is_dead { "dead" } else { "waits" };
        if job.is_dead {
            tracing::error!(job_id, operation, "{LOST}, and its attempts are used up");
        } else {
            tracing::warn!(job_id, operation, "{LOST}");
        }
        let queue = self.types.get(operation).map_or("", |job_type| job_type.queue);
        self.config.observer.tell(&JobNews { job_type: operation, queue, event: JobEvent::Rescued { fate } });
    }
}

/// Runs one job and records its end.
async fn run(shared: Arc<Shared>, claim: SideClaim, until: Instant, slot: OwnedSemaphorePermit) {
    let job = &claim.job;
    let enqueued = job.trace();
    let trace = own_trace(enqueued.as_ref(), job.trace_id.as_deref());
    let origin = JobOrigin {
        tenant_id: job.tenant_id,
        realm_key: job.realm_key.clone(),
        tenant_key: job.tenant_key.clone(),
        org_key: job.org_key.clone(),
        actor: job.actor.clone(),
        request_id: job.request_id.clone(),
        trace_id: Some(trace.trace_id()),
    };
    let span = job_span(Some(&origin), &trace, enqueued.as_ref(), (job.id, &job.name, claim.attempt));
    async {
        let started = Instant::now();
        let context = context_of(&shared.contexts, origin).await;
        let outcome = if let (Some(context), Some(job_type)) = (context, shared.types.get(job.name.as_str()))
        {
            let claimed = ClaimedJob {
                id: job.id,
                name: job.name.clone(),
                payload: job.payload.clone(),
                attempt: claim.attempt,
                max_attempts: job.max_attempts,
                lease_token: claim.token,
                context,
                trace: enqueued.clone(),
                in_database: false,
            };
            let run = JobRun::new(claimed, shared.database.clone());
            tokio::select! {
                biased;
                () = keep_lease(&shared, &claim, until) => Outcome::LeaseLost,
                outcome = call(&job_type.handler, run) => outcome,
                () = shared.give_up.cancelled() => Outcome::Returned,
            }
        } else {
            tracing::warn!("the tenant of this job is not served here now, trying again later");
            Outcome::Snooze(UNKNOWN_TENANT)
        };
        let ending = record(&shared, &claim, &outcome).await;
        let took = started.elapsed();
        log_end(&outcome, ending, took);
        shared.tell(&claim, JobEvent::Ended { outcome: ending.as_str(), took });
    }
    .instrument(span)
    .await;
    drop(slot);
}

/// Renews the lease at a third of its length; returns when it has ended.
async fn keep_lease(shared: &Shared, claim: &SideClaim, mut until: Instant) {
    let lease = shared.config.lease;
    loop {
        tokio::select! {
            () = sleep_until(until) => return,
            () = sleep(lease / 3) => {}
        }
        let asked = Instant::now();
        match timeout(lease / 3, shared.queue.renew(claim, lease)).await {
            Ok(Ok(true)) => until = asked + lease,
            Ok(Ok(false)) => return,
            Ok(Err(error)) => tracing::debug!(%error, "the lease of a job in redis was not renewed"),
            Err(_late) => {}
        }
    }
}

/// Records the end of a run; while the server does not answer, as long as a lease lasts.
async fn record(shared: &Shared, claim: &SideClaim, outcome: &Outcome) -> Ending {
    let give_up = Instant::now() + shared.config.lease;
    let mut outage = Outage::new("record the end of a job in redis");
    loop {
        match try_record(shared, claim, outcome).await {
            Ok(ending) => return ending,
            Err(error) if Instant::now() < give_up => sleep(outage.failed(&error)).await,
            Err(error) => {
                tracing::error!(%error, "the end of a job in redis cannot be recorded");
                return Ending::Unrecorded;
            }
        }
    }
}

async fn try_record(
    shared: &Shared,
    claim: &SideClaim,
    outcome: &Outcome,
) -> Result<Ending, RedisQueueError> {
    let message = outcome.message().map(storable).unwrap_or_default();
    let again = |delay| SideEnd::Back { delay, counted: false, error: None };
    let (end, ending) = match outcome {
        Outcome::Succeeded => (SideEnd::Done, Ending::Succeeded),
        Outcome::Retry(_) if claim.attempt < claim.job.max_attempts => {
            let attempts = u32::try_from(claim.attempt).unwrap_or(1);
            let job_type = shared.types.get(claim.job.name.as_str());
            let delay = job_type.map(|job_type| job_type.backoff).unwrap_or_default().after(attempts);
            let delay = delay + jitter(delay, claim.job.id, attempts);
            (SideEnd::Back { delay, counted: true, error: Some(&message) }, Ending::Retried)
        }
        Outcome::Retry(_) | Outcome::Abort { .. } => (SideEnd::Dead { error: &message }, Ending::Dead),
        Outcome::Snooze(delay) => (again(*delay), Ending::Snoozed),
        Outcome::Returned | Outcome::Cancelled => (again(Duration::ZERO), Ending::Returned),
        Outcome::LeaseLost => return Ok(Ending::LeaseLost),
    };
    Ok(if shared.queue.finish(claim, end).await? { ending } else { Ending::LeaseLost })
}
