//! The way from the claims to the runtime, as a backend of apalis: claimed jobs wait here for a free slot.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::RandomId;
use apalis_core::worker::context::WorkerContext;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tower::layer::util::Identity;

use super::leases::Lease;
use crate::store::{ClaimedRow, Held};

/// A job that this worker has claimed, with all that it holds until its end is recorded.
pub(super) struct Claim {
    pub(super) row: ClaimedRow,
    pub(super) held: Held,
    pub(super) lease: Lease,
    /// Counts among the jobs that the worker holds.
    pub(super) place: OwnedSemaphorePermit,
}

/// A claimed job and the slot that it runs in.
pub(super) struct Slotted {
    pub(super) claim: Claim,
    pub(super) slot: OwnedSemaphorePermit,
}

/// Claimed jobs on their way to the runtime.
#[derive(Clone)]
pub(super) struct Feed(Arc<Mutex<Waiting>>);

struct Waiting {
    /// With the time since which each waits, the oldest first.
    claims: VecDeque<(Instant, Claim)>,
    slots: Arc<Semaphore>,
    /// The runtime, while it waits for a claim or a slot.
    waker: Option<Waker>,
}

impl Waiting {
    /// The next job, where there are both a job and a slot.
    fn next(&mut self) -> Option<Slotted> {
        if self.claims.is_empty() {
            return None;
        }
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        self.claims.pop_front().map(|(_, claim)| Slotted { claim, slot })
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Feed {
    /// A feed whose jobs run in these slots.
    pub(super) fn new(slots: Arc<Semaphore>) -> Self {
        let waiting = Waiting { claims: VecDeque::new(), slots, waker: None };
        Self(Arc::new(Mutex::new(waiting)))
    }

    /// Hands on what was claimed.
    pub(super) fn push(&self, claims: impl IntoIterator<Item = Claim>) {
        let mut waiting = self.lock();
        let now = Instant::now();
        waiting.claims.extend(claims.into_iter().map(|claim| (now, claim)));
        waiting.wake();
    }

    /// A slot has been given back.
    pub(super) fn slot_is_free(&self) {
        self.lock().wake();
    }

    /// How many wait for a slot.
    pub(super) fn waiting(&self) -> usize {
        self.lock().claims.len()
    }

    /// Since when the one that is next waits.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.lock().claims.front().map(|(since, _)| *since)
    }

    /// Takes back what waits for a slot.
    pub(super) fn take_back(&self) -> Vec<Claim> {
        self.lock().claims.drain(..).map(|(_, claim)| claim).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // What waits is whole between any two calls, so a poisoned lock does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Feed {
    type Task = Task<Slotted>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        let mut waiting = self.lock();
        // A slot is taken with its job alone: one that waited for a job would not be free to claims.
        if let Some(next) = waiting.next() {
            return Poll::Ready(Some(Ok(TaskBuilder::new(next).build())));
        }
        waiting.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for Feed {
    type Args = Slotted;
    type Id = RandomId;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}
