//! A call that is repeated while that is worth it.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::breaker::Answer;
use crate::{CallError, CircuitBreaker, Outcome, RetryPolicy};

impl CircuitBreaker {
    /// Makes a call and repeats it while the target is at fault or throttles, the policy has attempts and time left, the
    /// retry budget of the target allows it and the breaker lets it through.
    ///
    /// To call this is to declare the operation **idempotent**: that doing it twice has the effect of doing it once. An
    /// attempt that timed out may have had its effect.
    ///
    /// `operation` makes the future of one attempt, `timeout` bounds one attempt. An attempt that the policy's deadline cuts
    /// short counts for nothing at the breaker.
    ///
    /// # Errors
    /// What the last attempt failed with.
    pub async fn call_idempotent<T, E, F>(
        &self,
        policy: &RetryPolicy,
        timeout: Duration,
        mut operation: impl FnMut() -> F,
        classify: impl Fn(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let start = Instant::now();
        let mut attempt = 1;
        let mut last = Err(CallError::TimedOut { target: self.target().to_owned(), after: policy.deadline });
        loop {
            // The first attempt pays into the budget from which the others are paid.
            let pay = || {
                if attempt == 1 {
                    self.budget().deposit();
                }
            };
            let left = policy.deadline.saturating_sub(start.elapsed());
            let answer = self.answer(timeout, operation(), &classify, pay);
            let Ok(Answer { result, outcome }) = tokio::time::timeout(left, answer).await else {
                return last;
            };
            let Some(outcome) = outcome.filter(|outcome| outcome.is_worth_repeating()) else { return result };
            let random = self.jitter().next();
            let wait = policy.wait_after(attempt, start.elapsed(), random, outcome.retry_after());
            let Some(wait) = wait.filter(|_| self.budget().try_withdraw()) else { return result };
            tracing::debug!(breaker = self.target(), attempt, ?wait, "trying again");
            last = result;
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}
