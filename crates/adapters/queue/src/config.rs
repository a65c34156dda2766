//! How a worker works: how many jobs at once, how often it looks, how long it holds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::JobObserver;

/// Settings of one worker.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Most jobs that run at the same time. Where jobs are short, more than these are held for a moment: those that run next,
    /// and those whose end is being recorded.
    pub concurrency: usize,
    /// Longest wait before it looks for due jobs, when no announcement wakes it earlier.
    pub poll_interval: Duration,
    /// How long a claim holds a job unless it is renewed, which happens at a third of it.
    pub lease: Duration,
    /// How long a shutdown waits for the jobs under way before it cancels them and returns their leases. Returning takes
    /// a little more, so it should stay a few seconds below the shutdown's own budget.
    pub drain: Duration,
    /// Name of this worker in the rows it claims and in its log lines; different in every process.
    pub worker_id: String,
    /// Queues of which a tenant's jobs run only so many at once, in all processes together. All workers are to agree.
    pub queue_limits: BTreeMap<String, u16>,
    /// Hears of each claim and each end, for metrics.
    pub observer: JobObserver,
}

impl WorkerConfig {
    /// Eight jobs at once, a look every second, leases of thirty seconds, and ten seconds to drain.
    pub fn new(worker_id: impl Into<String>) -> Self {
        Self {
            concurrency: 8,
            poll_interval: Duration::from_secs(1),
            lease: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            worker_id: worker_id.into(),
            queue_limits: BTreeMap::new(),
            observer: JobObserver::default(),
        }
    }
}
