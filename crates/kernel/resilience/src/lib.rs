//! Calls to the outside: circuit breakers, retries and the budget that keeps retries from feeding an outage.
//!
//! One [`CircuitBreaker`] stands before each outside system. [`Breakers`] hands it out by the name of the target,
//! so that all callers of one target share what they learn about it:
//!
//! ```
//! use std::time::Duration;
//! use athyper_kernel_resilience::{BreakerSettings, Breakers, CallError, Outcome, RetryPolicy};
//! use athyper_kernel_types::Clock;
//!
//! # struct Answer { status: u16 }
//! # async fn fetch_rates() -> Result<Answer, std::io::Error> { Ok(Answer { status: 200 }) }
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let breakers = Breakers::new(Clock::system());
//! let rates = breakers.obtain("rates.example", BreakerSettings::default())?;
//! let classify = |result: &Result<Answer, std::io::Error>| match result {
//!     Ok(answer) => Outcome::of_http_status(answer.status, None),
//!     Err(_) => Outcome::TargetFault { retry_after: None },
//! };
//!
//! // Once:
//! let timeout = Duration::from_secs(5);
//! let answer = rates.call(timeout, fetch_rates(), classify).await?;
//! // Again if it fails, because reading twice does no harm:
//! let policy = RetryPolicy::default();
//! match rates.call_idempotent(&policy, timeout, fetch_rates, classify).await {
//!     Ok(answer) => println!("{}", answer.status),
//!     Err(CallError::Refused(refused)) => println!("ask again in {:?}", refused.retry_after),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(()) }
//! ```
//!
//! What the breaker counts is decided by the caller, who alone knows what an answer means: see [`Outcome`].
//! A call that is dropped before its end counts for nothing.
//!
//! What is deliberately absent: a way to repeat a call that is not idempotent. Whoever needs that needs an
//! idempotency key at the target, and then the call is idempotent.

mod breaker;
mod budget;
mod call_error;
mod machine;
mod outcome;
mod registry;
mod repeat;
mod retry;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod window;

pub use breaker::CircuitBreaker;
pub use budget::{BudgetSettings, RetryBudget};
pub use call_error::{CallError, Refused};
pub use outcome::{Outcome, parse_retry_after};
pub use registry::{Breakers, RegistryError};
pub use retry::RetryPolicy;
pub use settings::{BreakerSettings, FaultRatio, SettingsError};
pub use state::{BreakerPhase, BreakerState, CallCounts};
