//! The shutdown itself: drain, hooks, tasks, report.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::lifecycle::{BoxError, Shared};
use crate::report::{HookOutcome, ShutdownReport};
use crate::tasks::panic_message;

/// What to do at shutdown, and for how long at most.
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    pub(crate) run: BoxFuture<'static, Result<(), BoxError>>,
}

/// Goes through the shutdown, unless a second signal comes first. `hooks` are in the order to run them.
pub(crate) async fn run(shared: Arc<Shared>, hooks: Vec<Hook>) {
    tokio::select! {
        biased;
        () = shared.forced.cancelled() => {}
        () = steps(&shared, hooks) => { publish(&shared, false); }
    }
}

/// Ends a shutdown where it stands and reports it as forced, unless its report is there already.
pub(crate) fn force(shared: &Shared) -> Arc<ShutdownReport> {
    let report = publish(shared, true);
    shared.forced.cancel();
    shared.stopping.cancel();
    report
}

/// The report of a finished shutdown.
pub(crate) fn report(shared: &Shared) -> Arc<ShutdownReport> {
    publish(shared, false)
}

async fn steps(shared: &Shared, hooks: Vec<Hook>) {
    let options = shared.options;
    sleep(options.drain_delay).await;
    shared.stopping.cancel();
    let deadline = Instant::now() + options.shutdown_timeout;
    for (place, hook) in hooks.into_iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            tracing::error!(hook = hook.name, "shutdown hook skipped, the budget is used up");
            continue;
        }
        shared.progress.hook_started(place);
        let name = hook.name.clone();
        let outcome = run_hook(hook, left).await;
        if outcome == HookOutcome::Ok {
            tracing::debug!(hook = name, "shutdown hook done");
        } else {
            tracing::error!(hook = name, %outcome, "shutdown hook did not succeed");
        }
        shared.progress.hook_ended(outcome);
    }
    // With the budget used up this still looks once, so tasks that have ended are not reported.
    let _ended_or_late = timeout_at(deadline, shared.tasks.ended()).await;
}

async fn run_hook(hook: Hook, left: Duration) -> HookOutcome {
    let run = AssertUnwindSafe(hook.run).catch_unwind();
    match timeout(hook.timeout.min(left), run).await {
        Ok(Ok(Ok(()))) => HookOutcome::Ok,
        Ok(Ok(Err(error))) => HookOutcome::Failed(error.to_string()),
        Ok(Err(panic)) => HookOutcome::Failed(format!("panicked: {}", panic_message(&*panic))),
        Err(_elapsed) => HookOutcome::TimedOut,
    }
}

/// Makes the report of what happened so far, once: whoever comes first decides whether it is a forced one.
fn publish(shared: &Shared, forced: bool) -> Arc<ShutdownReport> {
    let report = shared.report.get_or_init(|| {
        let snapshot = shared.progress.snapshot();
        let tasks_left = shared.tasks.left();
        if !tasks_left.is_empty() {
            tracing::error!(?tasks_left, "background tasks left running at shutdown");
        }
        let elapsed = snapshot.elapsed;
        tracing::info!(reason = snapshot.reason, ?elapsed, forced, "shutdown ended");
        Arc::new(ShutdownReport {
            reason: snapshot.reason,
            hooks: snapshot.hooks,
            tasks_left,
            forced,
            elapsed,
        })
    });
    shared.finished.cancel();
    Arc::clone(report)
}
