//! Disposal of what a scope owns, last made first.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::registry::Disposal;

/// What the disposal of a scope did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DisposeReport {
    /// The instances that had a dispose hook, in the order their hooks ran.
    pub instances: Vec<DisposedInstance>,
}

impl DisposeReport {
    /// Whether no hook failed.
    pub fn is_clean(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The instances whose hook failed, in the order the hooks ran.
    pub fn failures(&self) -> impl Iterator<Item = &DisposedInstance> {
        self.instances.iter().filter(|instance| instance.error.is_some())
    }
}

/// One instance that was disposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisposedInstance {
    /// Its token.
    pub token: &'static str,
    /// What the hook returned, if it failed; a panic counts as a failure.
    pub error: Option<String>,
}

/// The disposals a scope owes, in order of creation.
#[derive(Default)]
pub(crate) struct DisposalStack {
    /// Read on every resolve, so kept outside the lock; set under it, so that `push` and `run` agree.
    closed: AtomicBool,
    state: Mutex<State>,
    report: OnceCell<DisposeReport>,
}

#[derive(Default)]
struct State {
    pending: Vec<(&'static str, Disposal)>,
    done: Vec<DisposedInstance>,
}

impl DisposalStack {
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Remembers to dispose an instance. Gives the disposal back when the stack is closed: the caller runs it.
    pub(crate) fn push(&self, token: &'static str, disposal: Disposal) -> Result<(), Disposal> {
        let mut state = self.lock();
        if self.is_closed() {
            return Err(disposal);
        }
        state.pending.push((token, disposal));
        Ok(())
    }

    /// Closes the stack and runs what is pending, last first. Later and concurrent calls get the same report;
    /// when a call is dropped half-way, the next one carries on with the rest.
    pub(crate) async fn run(&self) -> DisposeReport {
        {
            let _state = self.lock();
            self.closed.store(true, Ordering::Release);
        }
        self.report.get_or_init(|| self.run_pending()).await.clone()
    }

    async fn run_pending(&self) -> DisposeReport {
        loop {
            let Some((token, disposal)) = self.lock().pending.pop() else {
                break;
            };
            let error = dispose(token, disposal).await;
            self.lock().done.push(DisposedInstance { token, error });
        }
        DisposeReport { instances: std::mem::take(&mut self.lock().done) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DisposalStack {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !state.pending.is_empty() {
            let tokens: Vec<_> = state.pending.iter().map(|(token, _)| *token).collect();
            tracing::warn!(?tokens, "scope dropped before its instances were disposed");
        }
    }
}

/// Runs one disposal and logs its failure. A panic must not keep the other instances from being disposed.
pub(crate) async fn dispose(token: &'static str, disposal: Disposal) -> Option<String> {
    let error = match AssertUnwindSafe(disposal).catch_unwind().await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => error.to_string(),
        Err(_panic) => "the dispose hook panicked".to_owned(),
    };
    tracing::error!(token, error, "an instance could not be disposed");
    Some(error)
}
