//! Tests of the lifecycle as its users see it; real signals are tested apart.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{BoxError, ExitCode, HookOutcome, Lifecycle, LifecycleOptions, ShutdownReport};

const LONG: Duration = Duration::from_secs(20);

/// A lifecycle with this budget and no drain delay.
fn lifecycle(shutdown_timeout: Duration) -> Lifecycle {
    Lifecycle::new(LifecycleOptions { shutdown_timeout, ..LifecycleOptions::default() })
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

async fn succeed() -> Result<(), BoxError> {
    Ok(())
}

/// Name and outcome of each hook, in the order they ran.
fn outcomes(report: &ShutdownReport) -> Vec<(&str, HookOutcome)> {
    report.hooks.iter().map(|hook| (hook.name.as_str(), hook.outcome.clone())).collect()
}

/// A place where hooks, tasks and loggers leave their marks.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn add(&self, mark: &str) {
        self.0.lock().expect("no panic under the lock").extend(mark.bytes());
    }

    fn read(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic under the lock").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic under the lock").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends this thread's log lines to the log while the guard lives.
fn capture(log: &Log) -> tracing::subscriber::DefaultGuard {
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_default(subscriber)
}

#[tokio::test]
async fn hooks_run_last_registered_first() {
    let lifecycle = lifecycle(LONG);
    let log = Log::default();
    for mark in ["1", "2", "3"] {
        let log = log.clone();
        let hook = move || async move {
            log.add(mark);
            Ok(())
        };
        lifecycle.on_shutdown(mark, LONG, hook).expect("running");
    }
    let report = lifecycle.shutdown("test").await;
    assert_eq!(log.read(), "321");
    let expected = ["3", "2", "1"].map(|name| (name, HookOutcome::Ok));
    assert_eq!(outcomes(&report), expected);
    assert_eq!((report.reason.as_str(), report.forced, report.is_clean()), ("test", false, true));
    assert_eq!(report.exit_code(), ExitCode::Clean);
}

#[tokio::test]
async fn a_hook_that_goes_wrong_does_not_stop_the_others() {
    let log = Log::default();
    let _capture = capture(&log);
    let lifecycle = lifecycle(LONG);
    lifecycle.on_shutdown("first", LONG, succeed).expect("running");
    lifecycle.on_shutdown("fails", LONG, || async { Err("disk full".into()) }).expect("running");
    lifecycle.on_shutdown("hangs", millis(20), std::future::pending).expect("running");
    lifecycle.on_shutdown("panics", LONG, || async { panic!("oh") }).expect("running");
    let panics_early = || -> std::future::Ready<Result<(), BoxError>> { panic!("no {}", "way") };
    lifecycle.on_shutdown("panics early", LONG, panics_early).expect("running");
    let report = lifecycle.shutdown("test").await;
    assert_eq!(
        outcomes(&report),
        [
            ("panics early", HookOutcome::Failed("panicked: no way".to_owned())),
            ("panics", HookOutcome::Failed("panicked: oh".to_owned())),
            ("hangs", HookOutcome::TimedOut),
            ("fails", HookOutcome::Failed("disk full".to_owned())),
            ("first", HookOutcome::Ok),
        ]
    );
    assert!(report.hooks[2].elapsed >= millis(20), "{report:?}");
    assert!(report.elapsed >= report.hooks[2].elapsed && report.elapsed < LONG);
    assert_eq!(report.exit_code(), ExitCode::ShutdownNotClean);
    assert!(
        log.read().contains("did not succeed hook=\"fails\" outcome=failed: disk full"),
        "{}",
        log.read()
    );
}

#[tokio::test]
async fn the_budget_bounds_all_hooks_and_skips_the_rest() {
    let lifecycle = lifecycle(millis(60));
    lifecycle.on_shutdown("skipped", LONG, succeed).expect("running");
    lifecycle.on_shutdown("cut", LONG, std::future::pending).expect("running");
    lifecycle.on_shutdown("hangs", millis(20), std::future::pending).expect("running");
    let report = timeout(LONG / 2, lifecycle.shutdown("test")).await.expect("bounded");
    let expected =
        [("hangs", HookOutcome::TimedOut), ("cut", HookOutcome::TimedOut), ("skipped", HookOutcome::Skipped)];
    assert_eq!(outcomes(&report), expected);
    assert!(report.hooks[1].elapsed < millis(60), "what `hangs` used is gone: {report:?}");
    assert_eq!(report.hooks[2].elapsed, Duration::ZERO);
}

#[tokio::test]
async fn every_call_gets_the_report_of_the_first() {
    let lifecycle = lifecycle(LONG);
    let log = Log::default();
    let mark = log.clone();
    let hook = move || async move {
        mark.add("x");
        sleep(millis(20)).await;
        Ok(())
    };
    lifecycle.on_shutdown("slow", LONG, hook).expect("running");
    let (first, second) = tokio::join!(lifecycle.shutdown("first"), lifecycle.shutdown("second"));
    let third = lifecycle.clone().shutdown("third").await;
    assert!(Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&first, &third));
    assert_eq!((first.reason.as_str(), log.read().as_str()), ("first", "x"));
}

#[tokio::test]
async fn dropping_a_call_does_not_stop_the_shutdown() {
    let lifecycle = lifecycle(LONG);
    let hook = || async {
        sleep(millis(30)).await;
        Ok(())
    };
    lifecycle.on_shutdown("slow", LONG, hook).expect("running");
    assert!(timeout(millis(5), lifecycle.shutdown("dropped")).await.is_err());
    let report = lifecycle.shutdown("again").await;
    assert_eq!(outcomes(&report), [("slow", HookOutcome::Ok)]);
    assert_eq!(report.reason, "dropped");
}

#[tokio::test]
async fn hooks_added_during_shutdown_are_refused() {
    let lifecycle = lifecycle(LONG);
    let inner = lifecycle.clone();
    let hook = || async move { Ok(inner.on_shutdown("too late", LONG, succeed)?) };
    lifecycle.on_shutdown("adds", LONG, hook).expect("running");
    let report = lifecycle.shutdown("test").await;
    let message = "shutdown has begun and the hook `too late` would not run: \
                   register hooks before, or clean up at once";
    assert_eq!(outcomes(&report), [("adds", HookOutcome::Failed(message.to_owned()))]);
    assert!(lifecycle.on_shutdown("after", LONG, succeed).is_err());
}

#[tokio::test]
async fn readiness_goes_first_then_the_drain_then_stopping_then_hooks() {
    let drain_delay = millis(50);
    let lifecycle = Lifecycle::new(LifecycleOptions { shutdown_timeout: LONG, drain_delay });
    assert!(!lifecycle.is_ready(), "not before it says so");
    lifecycle.set_ready();
    assert!(lifecycle.is_ready());
    let stopping = lifecycle.stopping();
    let seen = stopping.clone();
    let hook =
        || async move { if seen.is_cancelled() { Ok(()) } else { Err("hook before stopping".into()) } };
    lifecycle.on_shutdown("looks", LONG, hook).expect("running");

    lifecycle.request_shutdown("test");
    assert!(!lifecycle.is_ready(), "at once");
    lifecycle.set_ready();
    assert!(!lifecycle.is_ready(), "for good");
    assert!(timeout(drain_delay / 2, stopping.cancelled()).await.is_err(), "still draining");
    let report = lifecycle.shutdown("again").await;
    assert!(stopping.is_cancelled());
    assert_eq!(outcomes(&report), [("looks", HookOutcome::Ok)]);
    assert!(report.elapsed >= drain_delay);
}

#[tokio::test]
async fn cancelling_a_stopping_token_stops_nobody_else() {
    let lifecycle = lifecycle(LONG);
    lifecycle.stopping().cancel();
    assert!(!lifecycle.stopping().is_cancelled());
}

#[tokio::test]
async fn shutdown_waits_for_tasks_after_the_hooks() {
    let lifecycle = lifecycle(LONG);
    let log = Log::default();
    let (task_log, stopping) = (log.clone(), lifecycle.stopping());
    lifecycle.spawn("worker", async move {
        stopping.cancelled().await;
        sleep(millis(30)).await;
        task_log.add("task ");
    });
    let hook_log = log.clone();
    let hook = || async move {
        hook_log.add("hook ");
        Ok(())
    };
    lifecycle.on_shutdown("hook", LONG, hook).expect("running");
    let report = lifecycle.shutdown("test").await;
    assert_eq!(log.read(), "hook task ");
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn tasks_left_are_reported_by_name() {
    let lifecycle = lifecycle(millis(50));
    lifecycle.spawn("stuck", std::future::pending());
    lifecycle.spawn("ends", async {});
    lifecycle.spawn("aborted", std::future::pending()).abort();
    lifecycle.spawn("stuck too", std::future::pending());
    let report = lifecycle.shutdown("test").await;
    assert_eq!(report.tasks_left, ["stuck", "stuck too"]);
    assert_eq!(report.exit_code(), ExitCode::ShutdownNotClean);
}

#[tokio::test]
async fn a_panic_in_a_task_is_logged_and_ends_that_task_only() {
    let log = Log::default();
    let _capture = capture(&log);
    let lifecycle = lifecycle(LONG);
    let task = lifecycle.spawn("sweeper", async { panic!("no broom") });
    assert!(task.await.is_ok(), "the panic does not spread");
    assert!(log.read().contains("task panicked task=\"sweeper\" panic=\"no broom\""), "{}", log.read());
    assert!(lifecycle.shutdown("test").await.is_clean());
}

#[test]
fn exit_codes_have_their_numbers() {
    let codes = [
        ExitCode::Clean,
        ExitCode::Unexpected,
        ExitCode::ServiceUnavailable,
        ExitCode::ShutdownNotClean,
        ExitCode::NoPermission,
        ExitCode::ConfigInvalid,
        ExitCode::Forced,
    ];
    assert_eq!(codes.map(ExitCode::code), [0, 1, 69, 70, 77, 78, 130]);
    let number = std::process::ExitCode::from(ExitCode::ConfigInvalid);
    assert_eq!(number, std::process::ExitCode::from(78));
}
