//! How far a shutdown has come, readable at any moment.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::report::{HookOutcome, HookReport};

/// The record a shutdown keeps while it runs.
///
/// It is shared, so that a second signal can report at once even while a hook blocks the thread it runs on.
#[derive(Default)]
pub(crate) struct Progress(Mutex<Record>);

#[derive(Default)]
struct Record {
    reason: String,
    began: Option<Instant>,
    hooks: Vec<HookReport>,
    /// The place of the running hook, and when it started.
    running: Option<(usize, Instant)>,
}

/// The record as it stood when it was read.
pub(crate) struct Snapshot {
    pub(crate) reason: String,
    pub(crate) hooks: Vec<HookReport>,
    pub(crate) elapsed: Duration,
}

impl Progress {
    /// Starts the record with the hooks in the order they will run.
    pub(crate) fn begin(&self, reason: String, names: impl Iterator<Item = String>) {
        let skipped = |name| HookReport { name, outcome: HookOutcome::Skipped, elapsed: Duration::ZERO };
        let hooks = names.map(skipped).collect();
        *self.lock() = Record { reason, began: Some(Instant::now()), hooks, running: None };
    }

    pub(crate) fn hook_started(&self, place: usize) {
        self.lock().running = Some((place, Instant::now()));
    }

    pub(crate) fn hook_ended(&self, outcome: HookOutcome) {
        let mut record = self.lock();
        if let Some((place, started)) = record.running.take()
            && let Some(hook) = record.hooks.get_mut(place)
        {
            hook.outcome = outcome;
            hook.elapsed = started.elapsed();
        }
    }

    /// The record so far; a hook still running counts as interrupted.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let record = self.lock();
        let mut hooks = record.hooks.clone();
        if let Some((place, started)) = record.running
            && let Some(hook) = hooks.get_mut(place)
        {
            hook.outcome = HookOutcome::Failed("interrupted before it ended".to_owned());
            hook.elapsed = started.elapsed();
        }
        let elapsed = record.began.map_or(Duration::ZERO, |began| began.elapsed());
        Snapshot { reason: record.reason.clone(), hooks, elapsed }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        // Nothing under the lock can panic half-way through a change, so a poisoned record is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
