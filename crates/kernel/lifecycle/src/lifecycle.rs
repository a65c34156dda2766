//! The handle through which everybody takes part in start and stop.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::progress::Progress;
use crate::report::ShutdownReport;
use crate::shutdown::{self, Hook};
use crate::signals::Signals;
use crate::tasks::{self, Tasks};

/// Any error a shutdown hook may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The time a shutdown may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifecycleOptions {
    /// The budget for all hooks and then the tasks together; it starts after the drain delay.
    pub shutdown_timeout: Duration,
    /// How long to go on serving after readiness turned off, for load balancers to notice.
    pub drain_delay: Duration,
}

impl Default for LifecycleOptions {
    /// Fifteen seconds for shutdown and no drain delay.
    fn default() -> Self {
        Self { shutdown_timeout: Duration::from_secs(15), drain_delay: Duration::ZERO }
    }
}

/// A hook came too late: shutdown has begun and would not run it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shutdown has begun and the hook `{name}` would not run: register hooks before, or clean up at once")]
pub struct ShuttingDown {
    /// The name of the hook refused.
    pub name: String,
}

/// The operating system delivers no signals, so the process could not be told to stop.
#[derive(Debug, thiserror::Error)]
#[error("the process cannot wait for signals: {0}")]
pub struct SignalError(#[source] pub io::Error);

/// Readiness, background tasks and shutdown of the process. Cloning it is cheap and gives the same lifecycle.
#[derive(Clone)]
pub struct Lifecycle {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) options: LifecycleOptions,
    ready: AtomicBool,
    /// The hooks in order of registration, until shutdown takes them.
    hooks: Mutex<Option<Vec<Hook>>>,
    /// Cancelled as shutdown begins: wakes whoever waits for signals, and turns readiness off.
    begun: CancellationToken,
    /// Cancelled after the drain delay: what others watch.
    pub(crate) stopping: CancellationToken,
    /// Cancelled by a second signal.
    pub(crate) forced: CancellationToken,
    /// Cancelled once the report is there.
    pub(crate) finished: CancellationToken,
    pub(crate) report: OnceLock<Arc<ShutdownReport>>,
    pub(crate) progress: Progress,
    pub(crate) tasks: Tasks,
}

impl Lifecycle {
    /// A process that is starting: not ready yet, not stopping.
    pub fn new(options: LifecycleOptions) -> Self {
        let shared = Shared {
            options,
            ready: AtomicBool::new(false),
            hooks: Mutex::new(Some(Vec::new())),
            begun: CancellationToken::new(),
            stopping: CancellationToken::new(),
            forced: CancellationToken::new(),
            finished: CancellationToken::new(),
            report: OnceLock::new(),
            progress: Progress::default(),
            tasks: Tasks::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Says that the process can take work. Once shutdown has begun it has no effect.
    pub fn set_ready(&self) {
        self.shared.ready.store(true, Ordering::Release);
    }

    /// Whether the process can take work: it said so, and shutdown has not begun.
    pub fn is_ready(&self) -> bool {
        self.shared.ready.load(Ordering::Acquire) && !self.shared.begun.is_cancelled()
    }

    /// A token that is cancelled when work should stop, which is after the drain delay and before the first
    /// hook. Cancelling the token given out affects nobody else.
    pub fn stopping(&self) -> CancellationToken {
        self.shared.stopping.child_token()
    }

    /// Registers what to do at shutdown; hooks run one by one, last registered first.
    ///
    /// A hook that takes longer than `timeout`, or than what is left of the budget for all, is dropped where it
    /// stands and reported.
    ///
    /// # Errors
    /// Shutdown has begun.
    pub fn on_shutdown<F, Fut>(
        &self,
        name: impl Into<String>,
        timeout: Duration,
        hook: F,
    ) -> Result<(), ShuttingDown>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let name = name.into();
        let mut hooks = self.shared.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(hooks) = hooks.as_mut() else {
            return Err(ShuttingDown { name });
        };
        // The hook is called inside the future, so that one that panics early is caught like any other.
        let run = async move { hook().await }.boxed();
        hooks.push(Hook { name, timeout, run });
        Ok(())
    }

    /// Runs a future in the background. Every task of the process is started here.
    ///
    /// Shutdown waits for it within its budget, so it should end soon after [`stopping`](Self::stopping) is
    /// cancelled; tasks left at the end are reported by name. A panic is logged and ends this task only.
    /// Needs a Tokio runtime.
    pub fn spawn<F>(&self, name: impl Into<String>, future: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.shared.tasks.spawn(name.into(), future)
    }

    /// Begins the shutdown without waiting for it. Only the first reason counts. Needs a Tokio runtime.
    ///
    /// Hooks and spawned tasks use this rather than [`shutdown`](Self::shutdown), which would wait for them.
    pub fn request_shutdown(&self, reason: impl Into<String>) {
        let hooks = {
            let mut hooks = self.shared.hooks.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(mut hooks) = hooks.take() else { return };
            hooks.reverse();
            let reason = reason.into();
            tracing::info!(reason, hooks = hooks.len(), "shutdown begun");
            self.shared.progress.begin(reason, hooks.iter().map(|hook| hook.name.clone()));
            self.shared.begun.cancel();
            hooks
        };
        tasks::spawn_untracked(shutdown::run(Arc::clone(&self.shared), hooks));
    }

    /// Shuts down and waits for the report. Every further call waits for the same shutdown and gets the same
    /// report; dropping the call does not stop the shutdown.
    pub async fn shutdown(&self, reason: impl Into<String>) -> Arc<ShutdownReport> {
        self.request_shutdown(reason);
        self.shared.finished.cancelled().await;
        shutdown::report(&self.shared)
    }

    /// Starts the process by `start`, turns readiness on, waits for SIGINT, SIGTERM or
    /// [`request_shutdown`](Self::request_shutdown), shuts down and gives the report.
    ///
    /// What asks to stop is heard from the first moment: a process that is still starting drops `start` where it stands
    /// and shuts down what has been started. A second signal ends the wait at once: the report is then `forced` and the
    /// caller should exit.
    ///
    /// # Errors
    /// `start` fails, and what had been started is shut down by then; or the operating system refuses to deliver signals.
    pub async fn run<E: From<SignalError>>(
        &self,
        start: impl Future<Output = Result<(), E>>,
    ) -> Result<Arc<ShutdownReport>, E> {
        let mut signals = Signals::listen().map_err(SignalError)?;
        let mut failure = None;
        let reason = {
            let serve = async {
                let started = start.await;
                if started.is_ok() {
                    self.set_ready();
                    self.shared.begun.cancelled().await;
                }
                started
            };
            tokio::select! {
                ended = serve => match ended {
                    Ok(()) => "requested",
                    Err(error) => {
                        failure = Some(error);
                        "the start failed"
                    }
                },
                () = self.shared.begun.cancelled() => "requested",
                signal = signals.next() => signal,
            }
        };
        let report = tokio::select! {
            report = self.shutdown(reason) => report,
            signal = signals.next() => {
                tracing::warn!(signal, "second signal, shutdown is cut short");
                shutdown::force(&self.shared)
            }
        };
        failure.map_or(Ok(report), Err)
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("options", &self.shared.options)
            .field("ready", &self.is_ready())
            .field("shutting_down", &self.shared.begun.is_cancelled())
            .finish_non_exhaustive()
    }
}
