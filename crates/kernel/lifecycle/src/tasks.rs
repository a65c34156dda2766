//! The background tasks of the process, by name.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// Tasks that shutdown waits for.
#[derive(Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    names: Arc<Names>,
}

impl Tasks {
    pub(crate) fn spawn<F>(&self, name: String, future: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let named = self.names.enter(name);
        spawn_untracked(self.tracker.track_future(async move {
            if let Err(panic) = AssertUnwindSafe(future).catch_unwind().await {
                tracing::error!(
                    task = named.name,
                    panic = panic_message(&*panic),
                    "a background task panicked"
                );
            }
        }))
    }

    /// Waits until no task is left; tasks spawned meanwhile are waited for too.
    pub(crate) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// The names of the tasks still running, in the order they were spawned.
    pub(crate) fn left(&self) -> Vec<String> {
        self.names.lock().running.values().cloned().collect()
    }
}

/// Starts a task that shutdown does not wait for. Only the shutdown itself is one.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that spawns; everybody else goes through Lifecycle"
)]
pub(crate) fn spawn_untracked<F>(future: F) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(future)
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    if let Some(message) = panic.downcast_ref::<&str>() {
        message
    } else if let Some(message) = panic.downcast_ref::<String>() {
        message
    } else {
        "no message"
    }
}

#[derive(Default)]
struct Names(Mutex<Running>);

#[derive(Default)]
struct Running {
    next: u64,
    running: BTreeMap<u64, String>,
}

impl Names {
    fn enter(self: &Arc<Self>, name: String) -> Named {
        let mut running = self.lock();
        let number = running.next;
        running.next += 1;
        running.running.insert(number, name.clone());
        drop(running);
        Named { names: Arc::clone(self), number, name }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        // The map is whole between any two statements, so a poisoned lock does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a task listed as long as it lives, however it ends: a return, a panic or an abort.
struct Named {
    names: Arc<Names>,
    number: u64,
    name: String,
}

impl Drop for Named {
    fn drop(&mut self) {
        self.names.lock().running.remove(&self.number);
    }
}
