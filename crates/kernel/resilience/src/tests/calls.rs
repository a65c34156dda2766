//! Calls through a breaker: concurrency, timeouts, cancellation, and what is told about them.

use std::fmt;
use std::future::pending;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::*;
use crate::{BreakerPhase, CallError, Refused};

async fn open(breaker: &CircuitBreaker) {
    for _ in 0..3 {
        assert!(call(breaker, FAULT).await);
    }
    assert_eq!(breaker.state().phase, BreakerPhase::Open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_callers_of_a_half_open_breaker_one_reaches_the_target() {
    let (breaker, hand) = breaker(settings());
    open(&breaker).await;
    hand.advance(TimeDelta::seconds(20));

    let breaker = Arc::new(breaker);
    let reached = Arc::new(AtomicUsize::new(0));
    let (start, end) = (Arc::new(Barrier::new(100)), Arc::new(tokio::sync::Notify::new()));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (breaker, reached) = (Arc::clone(&breaker), Arc::clone(&reached));
        let (start, end) = (Arc::clone(&start), Arc::clone(&end));
        callers.spawn(async move {
            start.wait().await;
            let operation = async {
                reached.fetch_add(1, Ordering::SeqCst);
                end.notified().await;
                Ok::<_, ()>(())
            };
            breaker.call(TIMEOUT, operation, |_| Outcome::Success).await
        });
    }
    // The probe is held until everybody else has been refused.
    for _ in 0..99 {
        let refusal = callers.join_next().await.unwrap().unwrap().unwrap_err();
        let CallError::Refused(Refused { retry_after, .. }) = refusal else { panic!("{refusal:?}") };
        assert_eq!(retry_after, TIMEOUT);
    }
    assert_eq!(reached.load(Ordering::SeqCst), 1);
    end.notify_one();
    callers.join_next().await.unwrap().unwrap().unwrap();
    let state = breaker.state();
    assert_eq!((state.phase, state.totals.refused), (BreakerPhase::HalfOpen, 99));
    assert!(call(&breaker, Outcome::Success).await);
    assert_eq!(breaker.state().phase, BreakerPhase::Closed);
}

#[tokio::test]
async fn a_probe_that_is_dropped_lets_the_next_one_through() {
    let (breaker, hand) = breaker(settings());
    open(&breaker).await;
    hand.advance(TimeDelta::seconds(20));
    {
        let mut probe = Box::pin(breaker.call(TIMEOUT, pending::<Result<(), ()>>(), |_| Outcome::Success));
        tokio::select! {
            biased;
            _ = &mut probe => unreachable!(),
            () = std::future::ready(()) => {}
        }
        assert!(breaker.state().is_probing);
        assert!(!call(&breaker, Outcome::Success).await);
    }
    let state = breaker.state();
    assert_eq!((state.is_probing, state.totals.cancelled), (false, 1));
    assert!(call(&breaker, Outcome::Success).await);
}

#[tokio::test]
async fn a_probe_that_panics_lets_the_next_one_through() {
    let (breaker, hand) = breaker(settings());
    open(&breaker).await;
    hand.advance(TimeDelta::seconds(20));
    let breaker = Arc::new(breaker);
    let panicking = Arc::clone(&breaker);
    let mut task = JoinSet::new();
    task.spawn(async move {
        let operation = async { panic!("a defect of the operation") };
        panicking.call(TIMEOUT, operation, |_: &Result<(), ()>| Outcome::Success).await
    });
    assert!(task.join_next().await.unwrap().unwrap_err().is_panic());
    assert!(call(&breaker, Outcome::Success).await);
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_a_fault_of_the_target() {
    let (breaker, _hand) = breaker(settings());
    let timeout = Duration::from_millis(1);
    let call = || breaker.call(timeout, pending::<Result<(), fmt::Error>>(), |_| Outcome::Success);
    for _ in 0..3 {
        let error = call().await.unwrap_err();
        assert_eq!(error, CallError::TimedOut { target: "rates".to_owned(), after: timeout });
        assert_eq!(error.to_string(), "rates took longer than 1 ms");
    }
    assert_eq!(breaker.state().phase, BreakerPhase::Open);
    let error = call().await.unwrap_err();
    let refused = Refused { target: "rates".to_owned(), retry_after: Duration::from_secs(20) };
    assert_eq!(error, CallError::Refused(refused));
    assert_eq!(error.to_string(), "rates does not answer; ask again in 20000 ms");
}

#[tokio::test]
async fn a_refused_operation_is_never_polled() {
    let (breaker, _hand) = breaker(settings());
    open(&breaker).await;
    let operation = async { panic!("it was polled") };
    let result: Result<(), CallError<()>> = breaker.call(TIMEOUT, operation, |_| Outcome::Success).await;
    assert!(matches!(result, Err(CallError::Refused(_))));
}

#[tokio::test]
async fn an_answer_can_be_a_fault_and_is_still_handed_over() {
    let (breaker, _hand) = breaker(settings());
    for _ in 0..3 {
        let operation = async { Ok::<u16, ()>(503) };
        let classify = |result: &Result<u16, ()>| Outcome::of_http_status(result.unwrap(), None);
        assert_eq!(breaker.call(TIMEOUT, operation, classify).await, Ok(503));
    }
    assert_eq!(breaker.state().phase, BreakerPhase::Open);
}

#[tokio::test]
async fn the_state_tells_what_happened_and_since_when() {
    let (breaker, hand) = breaker(settings());
    let start = breaker.state().since;
    call(&breaker, Outcome::Success).await;
    call(&breaker, Outcome::CallerFault).await;
    call(&breaker, FAULT).await;
    let state = breaker.state();
    assert_eq!((state.calls_in_window, state.faults_in_window, state.since), (2, 1, start));
    assert_eq!((state.open_until, state.phase), (None, BreakerPhase::Closed));
    hand.advance(TimeDelta::seconds(2));
    call(&breaker, FAULT).await;
    call(&breaker, FAULT).await;
    call(&breaker, FAULT).await;
    let state = breaker.state();
    assert_eq!((state.phase, state.since), (BreakerPhase::Open, start + TimeDelta::seconds(2)));
    assert_eq!(state.open_until, Some(start + TimeDelta::seconds(22)));
    let totals = state.totals;
    assert_eq!((totals.admitted, totals.refused, totals.opened), (5, 1, 1));
    assert_eq!((totals.successes, totals.target_faults, totals.caller_faults), (1, 3, 1));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_transition_is_logged_once() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let (breaker, hand) = breaker(settings());
    open(&breaker).await;
    for _ in 0..5 {
        call(&breaker, FAULT).await;
    }
    hand.advance(TimeDelta::seconds(20));
    for _ in 0..5 {
        call(&breaker, Outcome::Success).await;
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, word) in lines.iter().zip(["breaker opened", "breaker half-open", "breaker closed"]) {
        assert!(line.contains(word), "{line}");
    }
}
