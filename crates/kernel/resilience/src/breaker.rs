//! The circuit breaker: the state machine behind a lock, around a call.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use athyper_kernel_types::Clock;

use crate::machine::{Admission, End, Machine, Ticket, Transition};
use crate::retry::Jitter;
use crate::{
    BreakerPhase, BreakerSettings, BreakerState, CallError, Outcome, Refused, RetryBudget, SettingsError,
};

/// Stands before one outside system and stops calling it while it does not answer.
///
/// Closed, it lets every call through and counts faults; after too many it opens and refuses every call. After the
/// cool-down it lets one probe at a time through, and closes when enough of them have succeeded.
///
/// The lock inside is held for a few instructions and never across an `await`.
pub struct CircuitBreaker {
    target: String,
    clock: Clock,
    machine: Mutex<Machine>,
    budget: RetryBudget,
    jitter: Jitter,
}

/// What came of one call, and what the caller said about it.
pub(crate) struct Answer<T, E> {
    pub(crate) result: Result<T, CallError<E>>,
    /// `None` if the call was refused.
    pub(crate) outcome: Option<Outcome>,
}

impl CircuitBreaker {
    /// A closed breaker before `target`. Prefer [`Breakers::obtain`](crate::Breakers::obtain), which gives all callers the same one.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn new(target: &str, settings: BreakerSettings, clock: Clock) -> Result<Self, SettingsError> {
        settings.check()?;
        let budget = RetryBudget::new(settings.retry_budget.clone(), clock.clone());
        let machine = Mutex::new(Machine::new(settings, clock.now()));
        Ok(Self { target: target.to_owned(), clock, machine, budget, jitter: Jitter::default() })
    }

    /// The name of the target.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Where the breaker stands now.
    pub fn state(&self) -> BreakerState {
        let now = self.clock.now();
        self.lock().state(&self.target, now)
    }

    /// The settings it was made with.
    pub(crate) fn settings(&self) -> BreakerSettings {
        self.lock().settings().clone()
    }

    /// What retries of this target may cost it; shared by all callers.
    pub fn budget(&self) -> &RetryBudget {
        &self.budget
    }

    pub(crate) fn jitter(&self) -> &Jitter {
        &self.jitter
    }

    /// Makes one call, unless the target is known not to answer. `operation` is not polled when refused.
    ///
    /// `classify` says what the result tells about the target. A call that takes longer than `timeout` is ended and
    /// counts as a fault of the target. A call that is dropped counts for nothing.
    ///
    /// # Errors
    /// The call was refused, took too long or failed by itself.
    pub async fn call<T, E>(
        &self,
        timeout: Duration,
        operation: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        self.answer(timeout, operation, classify, || self.budget.deposit()).await.result
    }

    /// Makes one call and tells the outcome too. `on_admitted` runs when the call is let through.
    pub(crate) async fn answer<T, E>(
        &self,
        timeout: Duration,
        operation: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
        on_admitted: impl FnOnce(),
    ) -> Answer<T, E> {
        let permit = match self.admit(timeout) {
            Ok(permit) => permit,
            Err(refused) => return Answer { result: Err(refused.into()), outcome: None },
        };
        on_admitted();
        let Ok(result) = tokio::time::timeout(timeout, operation).await else {
            let outcome = Outcome::TargetFault { retry_after: None };
            permit.settle(outcome);
            let error = CallError::TimedOut { target: self.target.clone(), after: timeout };
            return Answer { result: Err(error), outcome: Some(outcome) };
        };
        let outcome = classify(&result);
        permit.settle(outcome);
        Answer { result: result.map_err(CallError::Failed), outcome: Some(outcome) }
    }

    fn admit(&self, timeout: Duration) -> Result<Permit<'_>, Refused> {
        let now = self.clock.now();
        let (admission, transition) = self.lock().admit(now, timeout);
        self.log(transition);
        match admission {
            Admission::Granted(ticket) => Ok(Permit { breaker: self, ticket: Some(ticket) }),
            Admission::Refused(retry_after) => Err(Refused { target: self.target.clone(), retry_after }),
        }
    }

    fn settle(&self, ticket: Ticket, end: End) {
        let now = self.clock.now();
        let transition = self.lock().settle(ticket, end, now);
        self.log(transition);
    }

    /// Tells the log about a transition. Only whoever caused it holds it, so it is told once.
    fn log(&self, transition: Option<Transition>) {
        let Some(Transition { to, faults, calls }) = transition else { return };
        let target = self.target.as_str();
        match to {
            BreakerPhase::Open => {
                tracing::warn!(breaker = target, faults, calls, "breaker opened: the target does not answer");
            }
            BreakerPhase::HalfOpen => {
                tracing::info!(breaker = target, "breaker half-open: probing the target");
            }
            BreakerPhase::Closed => tracing::info!(breaker = target, "breaker closed: the target is back"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CircuitBreaker").field(&self.state()).finish()
    }
}

/// Leave to make one call. Dropped without an outcome, it says that the call was cancelled.
struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    ticket: Option<Ticket>,
}

impl Permit<'_> {
    fn settle(mut self, outcome: Outcome) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.settle(ticket, End::Came(outcome));
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.settle(ticket, End::Cancelled);
        }
    }
}
