//! Tests of the breaker as a whole; pure parts are tested in their own files.

mod calls;
mod model;
mod repeats;
mod transitions;

use std::time::Duration;

use athyper_kernel_types::{Clock, ManualClock};

use crate::{BreakerSettings, CircuitBreaker, Outcome};

const FAULT: Outcome = Outcome::TargetFault { retry_after: None };
const TIMEOUT: Duration = Duration::from_secs(5);

/// 3 faults in 10 seconds open, 20 seconds of cool-down, 2 successes close.
fn settings() -> BreakerSettings {
    BreakerSettings {
        window: Duration::from_secs(10),
        faults: Some(3),
        cool_down: Duration::from_secs(20),
        successes_to_close: 2,
        ..BreakerSettings::default()
    }
}

fn breaker(settings: BreakerSettings) -> (CircuitBreaker, ManualClock) {
    let (clock, hand) = Clock::manual("2026-03-01T10:00:00Z".parse().unwrap());
    (CircuitBreaker::new("rates", settings, clock).unwrap(), hand)
}

/// A call that ends at once in an outcome. Tells whether it reached the target.
async fn call(breaker: &CircuitBreaker, outcome: Outcome) -> bool {
    let end = async { if outcome == Outcome::Success { Ok(()) } else { Err(()) } };
    !matches!(breaker.call(TIMEOUT, end, |_| outcome).await, Err(crate::CallError::Refused(_)))
}
