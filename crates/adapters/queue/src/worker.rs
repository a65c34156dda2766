//! A worker: its parts, how they start and how they stop.

mod acks;
mod admit;
mod ahead;
mod claims;
pub(crate) mod ends;
mod feed;
mod leases;
mod limits;
mod listen;
mod rescue;
pub(crate) mod run;
mod runtime;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use athyper_kernel_db::Database;
use athyper_kernel_jobs::JobType;
use athyper_kernel_lifecycle::{Lifecycle, ShuttingDown};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::store::ClaimedRow;
use crate::worker::acks::Acks;
use crate::worker::feed::Feed;
use crate::worker::leases::Leases;
use crate::worker::limits::Limits;
use crate::{ContextFactory, JobEvent, JobNews, WorkerConfig, WorkerStats};

/// Time to return the leases of jobs that were cancelled, after the drain.
const RETURNING: Duration = Duration::from_secs(5);

/// More jobs at once than any process has use for.
const MOST_SLOTS: usize = 100_000;

/// Why a worker cannot start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// Two handlers for one name.
    #[error("the job type {0} is registered twice: give each type a name of its own")]
    DuplicateType(&'static str),
    /// The process is already stopping.
    #[error(transparent)]
    ShuttingDown(#[from] ShuttingDown),
}

/// A worker that runs in the background until the process stops.
#[derive(Clone, Debug)]
pub struct Worker {
    stats: Arc<WorkerStats>,
}

/// What the parts of one worker have in common.
pub(crate) struct Shared {
    database: Database,
    lifecycle: Lifecycle,
    types: HashMap<&'static str, JobType>,
    contexts: ContextFactory,
    limits: Limits,
    config: WorkerConfig,
    stats: Arc<WorkerStats>,
    leases: Arc<Leases>,
    acks: Acks,
    /// One permit for each job that may run, until its handler has ended.
    slots: Arc<Semaphore>,
    /// Claimed jobs that wait for a slot.
    feed: Feed,
    /// One permit for each job that may be held, from its claim until its end is recorded.
    places: Arc<Semaphore>,
    /// Handlers that have ended.
    ended: AtomicU64,
    /// A slot or a place has become free.
    room: Notify,
    /// Something may be there to claim.
    wake: Notify,
    /// Cancelled when jobs still under way are to be returned.
    give_up: CancellationToken,
}

impl Shared {
    /// A handler has ended, and its slot is given back.
    fn slot_is_free(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.feed.slot_is_free();
        self.room.notify_one();
    }

    /// Tells whoever measures what happened to this job.
    fn observe(&self, row: &ClaimedRow, event: JobEvent) {
        self.config.observer.tell(&JobNews { job_type: &row.name, queue: &row.queue, event });
    }
}

impl Worker {
    /// Starts a worker for these types of jobs and registers its shutdown. It waits for no database: where there is
    /// none, it tries until there is. One connection of the pool is its own, to hear announcements. Needs a Tokio
    /// runtime.
    ///
    /// At shutdown it stops claiming, waits `config.drain` for the jobs under way, cancels those that are left and
    /// returns their leases, so that another worker can claim them at once and without a lost attempt.
    ///
    /// # Errors
    /// [`WorkerError`]: two types with one name, or a process that is already stopping.
    pub fn start(
        database: &Database,
        lifecycle: &Lifecycle,
        types: Vec<JobType>,
        contexts: ContextFactory,
        config: WorkerConfig,
    ) -> Result<Self, WorkerError> {
        let mut by_name = HashMap::with_capacity(types.len());
        for job_type in types {
            let name = job_type.name;
            if by_name.insert(name, job_type).is_some() {
                return Err(WorkerError::DuplicateType(name));
            }
        }
        let (acks, handed_in) = acks::channel();
        let most = config.concurrency.clamp(1, MOST_SLOTS);
        let slots = Arc::new(Semaphore::new(most));
        let shared = Arc::new(Shared {
            acks,
            database: database.clone(),
            lifecycle: lifecycle.clone(),
            limits: Limits::new(by_name.values(), &config.queue_limits),
            types: by_name,
            contexts,
            stats: Arc::default(),
            leases: Arc::default(),
            feed: Feed::new(Arc::clone(&slots)),
            slots,
            places: Arc::new(Semaphore::new(most + ahead::MOST)),
            ended: AtomicU64::new(0),
            room: Notify::new(),
            wake: Notify::new(),
            give_up: CancellationToken::new(),
            config,
        });
        stop_with(&shared)?;
        lifecycle.spawn("job claims", claims::claim_jobs(Arc::clone(&shared)));
        lifecycle.spawn("job acks", acks::write_acks(Arc::clone(&shared), handed_in));
        lifecycle.spawn("job leases", leases::keep(Arc::clone(&shared)));
        lifecycle.spawn("job rescue", rescue::rescue_jobs(Arc::clone(&shared)));
        lifecycle.spawn("job wake-up", listen::listen(Arc::clone(&shared)));
        lifecycle.spawn("job worker", runtime::run(Arc::clone(&shared)));
        Ok(Self { stats: Arc::clone(&shared.stats) })
    }

    /// What the worker has done so far.
    pub fn stats(&self) -> &WorkerStats {
        &self.stats
    }
}

/// Registers the drain. Claiming has stopped when it runs, because that obeys the lifecycle's own token.
fn stop_with(shared: &Arc<Shared>) -> Result<(), ShuttingDown> {
    // Dropped with the hook however that ends, also when it is cut short or never run: the jobs then return themselves.
    let give_up = shared.give_up.clone().drop_guard();
    let (places, drain) = (Arc::clone(&shared.places), shared.config.drain);
    let all = u32::try_from(places.available_permits()).unwrap_or(u32::MAX);
    shared.lifecycle.on_shutdown("job worker", drain + RETURNING, move || async move {
        let idle = tokio::time::timeout(drain, places.acquire_many(all)).await.is_ok();
        drop(give_up);
        if !idle {
            tracing::info!("jobs are still under way, returning them to the queue");
            let _all_returned = places.acquire_many(all).await?;
        }
        Ok(())
    })
}
