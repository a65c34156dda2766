//! The way from the claims to the runtime, as a backend of apalis.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::RandomId;
use apalis_core::worker::context::WorkerContext;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower::layer::util::Identity;

use super::leases::Lease;
use crate::store::{ClaimedRow, Held};

/// A job that this worker has claimed, with all that it holds until the end is recorded.
pub(super) struct Claim {
    pub(super) row: ClaimedRow,
    pub(super) held: Held,
    pub(super) lease: Lease,
    pub(super) slot: OwnedSemaphorePermit,
}

/// Claimed jobs on their way to the runtime. There are never more of them than slots.
#[derive(Clone)]
pub(super) struct Feed(Arc<Mutex<UnboundedReceiver<Claim>>>);

/// A feed and what fills it.
pub(super) fn channel() -> (UnboundedSender<Claim>, Feed) {
    let (sender, receiver) = unbounded_channel();
    (sender, Feed(Arc::new(Mutex::new(receiver))))
}

impl Feed {
    /// Ends the feed and takes out what the runtime has not taken yet.
    pub(super) fn end(&self) -> Vec<Claim> {
        let mut receiver = self.lock();
        receiver.close();
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, UnboundedReceiver<Claim>> {
        // A receiver is whole between any two calls, so a poisoned lock does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Feed {
    type Task = Task<Claim>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        self.lock().poll_recv(cx).map(|claim| claim.map(|claim| Ok(TaskBuilder::new(claim).build())))
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for Feed {
    type Args = Claim;
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
