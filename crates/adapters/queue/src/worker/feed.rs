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
use tokio_util::sync::PollSemaphore;
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
    slots: PollSemaphore,
    /// The runtime, while it waits for a claim.
    waker: Option<Waker>,
}

impl Feed {
    /// A feed whose jobs run in these slots.
    pub(super) fn new(slots: Arc<Semaphore>) -> Self {
        let waiting = Waiting { claims: VecDeque::new(), slots: PollSemaphore::new(slots), waker: None };
        Self(Arc::new(Mutex::new(waiting)))
    }

    /// Hands on what was claimed.
    pub(super) fn push(&self, claims: impl IntoIterator<Item = Claim>) {
        let mut waiting = self.lock();
        let now = Instant::now();
        waiting.claims.extend(claims.into_iter().map(|claim| (now, claim)));
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
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
        if waiting.claims.is_empty() {
            waiting.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let slot = std::task::ready!(waiting.slots.poll_acquire(cx));
        // Slots are never closed; without one there would be nothing left to run.
        let next = slot.and_then(|slot| Some(Slotted { claim: waiting.claims.pop_front()?.1, slot }));
        Poll::Ready(next.map(|next| Ok(TaskBuilder::new(next).build())))
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
