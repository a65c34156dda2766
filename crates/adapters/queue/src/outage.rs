//! Waits out a database that does not answer: longer each time, and with one line in the log instead of hundreds.

use std::fmt::Display;
use std::time::Duration;

/// Wait after the first failure.
const FIRST: Duration = Duration::from_millis(200);
/// Longest wait.
const MOST: Duration = Duration::from_secs(10);

/// How one loop gets on with the database.
#[derive(Debug)]
pub(crate) struct Outage {
    doing: &'static str,
    wait: Duration,
    lasting: bool,
}

impl Outage {
    /// No outage yet. `doing` completes the sentence "could not …".
    pub(crate) fn new(doing: &'static str) -> Self {
        Self { doing, wait: FIRST, lasting: false }
    }

    /// Notes a failure and gives the time to wait before the next try.
    pub(crate) fn failed(&mut self, error: &dyn Display) -> Duration {
        if self.lasting {
            tracing::debug!(%error, "still could not {}", self.doing);
        } else {
            tracing::warn!(%error, "could not {}, trying again until it works", self.doing);
        }
        self.lasting = true;
        let wait = self.wait;
        self.wait = wait.saturating_mul(2).min(MOST);
        wait
    }

    /// Whether the last try failed.
    pub(crate) fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// Notes a success.
    pub(crate) fn over(&mut self) {
        if self.lasting {
            tracing::info!("could {} again", self.doing);
        }
        *self = Self::new(self.doing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_start_anew_after_a_success() {
        let mut outage = Outage::new("test");
        let waits: Vec<Duration> = (0..8).map(|_| outage.failed(&"down")).collect();
        assert_eq!(waits[..3], [FIRST, FIRST * 2, FIRST * 4]);
        assert_eq!(waits[7], MOST);
        outage.over();
        assert_eq!(outage.failed(&"down"), FIRST);
    }
}
