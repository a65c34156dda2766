//! Repeated calls: what is repeated, how often, and what an outage costs the target.

use std::cell::Cell;
use std::future::pending;

use chrono::TimeDelta;

use super::*;
use crate::{BreakerPhase, BudgetSettings, CallError, RetryPolicy};

/// Up to `max_attempts` without a wait between them.
fn at_once(max_attempts: u32) -> RetryPolicy {
    RetryPolicy { max_attempts, first_wait: Duration::ZERO, ..RetryPolicy::default() }
}

/// A breaker that never opens, before a target with this budget.
fn tolerant(retry_budget: BudgetSettings) -> (CircuitBreaker, ManualClock) {
    breaker(BreakerSettings { faults: Some(u32::MAX), retry_budget, ..settings() })
}

/// Calls a target that gives these outcomes one after the other, the last for ever. Tells the number of attempts and
/// whether the last one succeeded.
async fn attempts(breaker: &CircuitBreaker, policy: &RetryPolicy, outcomes: &[Outcome]) -> (usize, bool) {
    let made = Cell::new(0);
    let result = breaker
        .call_idempotent(
            policy,
            TIMEOUT,
            || {
                let outcome = outcomes[made.get().min(outcomes.len() - 1)];
                made.set(made.get() + 1);
                async move { if outcome == Outcome::Success { Ok(outcome) } else { Err(outcome) } }
            },
            |result| result.unwrap_or_else(|outcome| outcome),
        )
        .await;
    (made.get(), result.is_ok())
}

#[tokio::test]
async fn what_may_end_better_is_repeated_and_nothing_else() {
    let (breaker, _hand) = tolerant(BudgetSettings { burst: 100, ..BudgetSettings::default() });
    let throttled = Outcome::Throttled { retry_after: None };
    let later = Outcome::TargetFault { retry_after: Some(Duration::from_hours(1)) };
    for (outcomes, expected) in [
        (&[Outcome::Success][..], (1, true)),
        (&[FAULT, Outcome::Success], (2, true)),
        (&[throttled, FAULT, Outcome::Success], (3, true)),
        (&[FAULT], (4, false)),
        (&[FAULT, Outcome::CallerFault], (2, false)),
        (&[Outcome::CallerFault], (1, false)),
        // An hour is longer than the deadline, so it is told at once and not at the deadline.
        (&[later, Outcome::Success], (1, false)),
    ] {
        assert_eq!(attempts(&breaker, &at_once(4), outcomes).await, expected, "{outcomes:?}");
    }
}

#[tokio::test]
async fn an_open_breaker_ends_the_repeating() {
    let (breaker, _hand) = breaker(settings());
    assert_eq!(attempts(&breaker, &at_once(9), &[FAULT]).await, (4, false));
    // Three attempts reached the target; the future of the fourth was made and not polled.
    let state = breaker.state();
    assert_eq!((state.phase, state.totals.admitted), (BreakerPhase::Open, 3));
}

#[tokio::test]
async fn an_outage_costs_the_target_a_fifth_more_calls_at_most() {
    let (breaker, _hand) =
        tolerant(BudgetSettings { percent_of_calls: 20, minimum_per_second: 1, burst: 10 });
    let mut made = 0;
    for _ in 0..1_000 {
        made += attempts(&breaker, &at_once(5), &[FAULT]).await.0;
    }
    // The calls, a fifth of them, and the ten that were saved up. Without a budget it would be 5,000.
    assert!((1_200..=1_210).contains(&made), "{made}");
}

#[tokio::test]
async fn the_minimum_lets_a_seldom_called_target_be_retried() {
    let (breaker, hand) = tolerant(BudgetSettings { percent_of_calls: 0, minimum_per_second: 1, burst: 1 });
    assert_eq!(attempts(&breaker, &at_once(2), &[FAULT]).await.0, 2);
    assert_eq!(attempts(&breaker, &at_once(2), &[FAULT]).await.0, 1);
    hand.advance(TimeDelta::seconds(1));
    assert_eq!(attempts(&breaker, &at_once(2), &[FAULT]).await.0, 2);
}

#[tokio::test]
async fn plain_calls_pay_into_the_budget_too() {
    let (breaker, _hand) = tolerant(BudgetSettings { percent_of_calls: 20, minimum_per_second: 0, burst: 1 });
    assert_eq!(attempts(&breaker, &at_once(2), &[FAULT]).await.0, 2);
    for _ in 0..4 {
        assert!(call(&breaker, Outcome::Success).await);
    }
    assert_eq!(attempts(&breaker, &at_once(2), &[FAULT]).await.0, 2);
}

#[tokio::test]
async fn the_deadline_ends_an_attempt_without_blaming_the_target() {
    let (breaker, _hand) = tolerant(BudgetSettings::default());
    let policy = RetryPolicy { deadline: Duration::from_millis(5), ..RetryPolicy::default() };
    let error = breaker
        .call_idempotent(&policy, TIMEOUT, pending::<Result<(), ()>>, |_| Outcome::Success)
        .await
        .unwrap_err();
    assert_eq!(error, CallError::TimedOut { target: "rates".to_owned(), after: policy.deadline });
    let totals = breaker.state().totals;
    assert_eq!((totals.cancelled, totals.target_faults), (1, 0));
}
