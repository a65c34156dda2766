//! What a worker has done since it started, for health and metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one worker. They only grow, except `running`.
#[derive(Debug, Default)]
pub struct WorkerStats {
    running: AtomicU64,
    claimed: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
    dead: AtomicU64,
}

impl WorkerStats {
    /// Jobs that run at this moment.
    pub fn running(&self) -> u64 {
        self.running.load(Ordering::Relaxed)
    }

    /// Jobs claimed.
    pub fn claimed(&self) -> u64 {
        self.claimed.load(Ordering::Relaxed)
    }

    /// Runs that ended with success.
    pub fn succeeded(&self) -> u64 {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// Runs that failed and will be repeated.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Jobs parked as dead, by a run or because their worker was lost.
    pub fn dead(&self) -> u64 {
        self.dead.load(Ordering::Relaxed)
    }

    pub(crate) fn add_claimed(&self, jobs: usize) {
        self.claimed.fetch_add(u64::try_from(jobs).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn add_succeeded(&self) {
        self.succeeded.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_dead(&self) {
        self.dead.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a job as running until the guard is dropped.
    pub(crate) fn run(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(self)
    }
}

/// A job that runs.
pub(crate) struct Running<'a>(&'a WorkerStats);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}
