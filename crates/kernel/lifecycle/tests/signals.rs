//! Shutdown by real signals, sent by this process to itself.
#![cfg(unix)]

use std::future::{Ready, ready};
use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use athyper_kernel_lifecycle::{
    ExitCode, HookOutcome, Lifecycle, LifecycleOptions, ShutdownReport, SignalError,
};
use tokio::sync::Mutex;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

/// A signal reaches every listener of the process, so the tests take turns.
static TURN: Mutex<()> = Mutex::const_new(());

fn lifecycle() -> Lifecycle {
    Lifecycle::new(LifecycleOptions { shutdown_timeout: LONG, ..LifecycleOptions::default() })
}

/// A start that has nothing to do.
fn started() -> Ready<Result<(), SignalError>> {
    ready(Ok(()))
}

fn send(signal: &str) {
    let status = Command::new("kill").args([signal, &std::process::id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

fn outcomes(report: &ShutdownReport) -> Vec<(&str, HookOutcome)> {
    report.hooks.iter().map(|hook| (hook.name.as_str(), hook.outcome.clone())).collect()
}

#[tokio::test]
async fn each_signal_shuts_down_cleanly() {
    let _turn = TURN.lock().await;
    for (signal, name) in [("-TERM", "SIGTERM"), ("-INT", "SIGINT")] {
        let lifecycle = lifecycle();
        lifecycle.on_shutdown("hook", LONG, || async { Ok(()) }).expect("running");
        let mut run = Box::pin(lifecycle.run(started()));
        assert!(futures::poll!(&mut run).is_pending(), "nobody asked yet");
        send(signal);
        let report = timeout(LONG, run).await.expect("ends").expect("signals work");
        assert_eq!((report.reason.as_str(), report.exit_code()), (name, ExitCode::Clean));
        assert_eq!(outcomes(&report), [("hook", HookOutcome::Ok)]);
    }
}

#[tokio::test]
async fn a_request_from_within_ends_the_wait() {
    let _turn = TURN.lock().await;
    let lifecycle = lifecycle();
    let inner = lifecycle.clone();
    lifecycle.spawn("fatal", async move { inner.request_shutdown("lost the database") });
    let report = timeout(LONG, lifecycle.run(started())).await.expect("ends").expect("signals work");
    assert_eq!((report.reason.as_str(), report.is_clean()), ("lost the database", true));
}

/// Whoever starts for long, as when the database is away, need not be killed.
#[tokio::test]
async fn a_signal_ends_the_start() {
    let _turn = TURN.lock().await;
    let lifecycle = lifecycle();
    let start = async {
        lifecycle.on_shutdown("begun", LONG, || async { Ok(()) }).expect("running");
        send("-TERM");
        std::future::pending::<Result<(), SignalError>>().await
    };
    let report = timeout(LONG, lifecycle.run(start)).await.expect("ends").expect("signals work");
    assert_eq!((report.reason.as_str(), report.exit_code()), ("SIGTERM", ExitCode::Clean));
    assert_eq!(outcomes(&report), [("begun", HookOutcome::Ok)]);
}

#[tokio::test]
async fn a_start_that_fails_is_undone() {
    let _turn = TURN.lock().await;
    let lifecycle = lifecycle();
    let undone = Arc::new(AtomicBool::new(false));
    let hook = Arc::clone(&undone);
    let start = async {
        let run = || async move {
            hook.store(true, Ordering::SeqCst);
            Ok(())
        };
        lifecycle.on_shutdown("begun", LONG, run).expect("running");
        Err(SignalError(io::Error::other("the port is taken")))
    };
    let error = timeout(LONG, lifecycle.run(start)).await.expect("ends").expect_err("it failed");
    assert_eq!(error.to_string(), "the process cannot wait for signals: the port is taken");
    assert!(undone.load(Ordering::SeqCst) && !lifecycle.is_ready());
}

/// Even a hook that blocks its thread cannot hold the second signal up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_forces() {
    let _turn = TURN.lock().await;
    let lifecycle = lifecycle();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    lifecycle.on_shutdown("waiting", LONG, || async { Ok(()) }).expect("running");
    let blocking = || async move {
        let _heard = begun.send(());
        Ok(released.recv_timeout(LONG)?)
    };
    lifecycle.on_shutdown("blocking", LONG, blocking).expect("running");
    lifecycle.on_shutdown("done", LONG, || async { Ok(()) }).expect("running");
    lifecycle.spawn("stuck", std::future::pending());
    let second = async {
        has_begun.await.expect("the hook runs");
        send("-INT");
        std::future::pending::<()>().await;
    };
    let mut run = Box::pin(lifecycle.run(started()));
    assert!(futures::poll!(&mut run).is_pending());
    send("-TERM");
    let report = tokio::select! {
        report = timeout(LONG / 2, run) => report.expect("at once").expect("signals work"),
        () = second => panic!("never ends"),
    };
    release.send(()).expect("the hook still blocks");
    assert!(report.forced);
    assert_eq!((report.reason.as_str(), report.exit_code()), ("SIGTERM", ExitCode::Forced));
    let interrupted = HookOutcome::Failed("interrupted before it ended".to_owned());
    assert_eq!(
        outcomes(&report),
        [("done", HookOutcome::Ok), ("blocking", interrupted), ("waiting", HookOutcome::Skipped)]
    );
    assert_eq!(report.tasks_left, ["stuck"]);
    assert_eq!(*lifecycle.shutdown("later").await, *report, "later callers get the forced report");
}
