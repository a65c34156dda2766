//! What a breaker looks like from outside, for diagnostics.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerPhase {
    /// Calls go through.
    Closed,
    /// Calls are refused.
    Open,
    /// One call at a time goes through, to see whether the target is back.
    HalfOpen,
}

/// A breaker at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakerState {
    /// The name of the target.
    pub target: String,
    /// Where the breaker stands. It leaves [`BreakerPhase::Open`] at the first call after the cool-down, not before.
    pub phase: BreakerPhase,
    /// Since when it stands there.
    pub since: DateTime<Utc>,
    /// Until when calls are refused, while the breaker is open.
    pub open_until: Option<DateTime<Utc>>,
    /// Whether a probe is on its way.
    pub is_probing: bool,
    /// Calls that ended in success or a fault of the target within the window, while closed.
    pub calls_in_window: u32,
    /// Those of them that were faults.
    pub faults_in_window: u32,
    /// Everything since the breaker was made.
    pub totals: CallCounts,
}

/// How calls have ended since the breaker was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallCounts {
    /// Calls that were let through.
    pub admitted: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed through the target, those that timed out included.
    pub target_faults: u64,
    /// Calls that the target asked to be made less often.
    pub throttled: u64,
    /// Calls that failed through the caller.
    pub caller_faults: u64,
    /// Calls that were dropped before their end.
    pub cancelled: u64,
    /// Times that the breaker opened.
    pub opened: u64,
}
