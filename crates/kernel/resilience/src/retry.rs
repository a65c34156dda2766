//! When to try again: exponential backoff with full jitter, within a deadline.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often and how long a call is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often the call is made at most, the first time included.
    pub max_attempts: u32,
    /// The longest wait before the second attempt. It doubles for each attempt after that.
    pub first_wait: Duration,
    /// The longest wait before any attempt. A longer `Retry-After` of the target is honoured all the same.
    pub longest_wait: Duration,
    /// The time that all attempts and the waits between them may take together.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts within 30 seconds, first half a second apart.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// How long to wait after attempt number `attempt` (from 1) has failed, or `None` if it was the last.
    ///
    /// The wait is anything up to the backoff, as `random` says ("full jitter"), so that callers that failed together
    /// do not come back together. If the target said `retry_after`, the wait is that and the jitter on top. `elapsed` is the
    /// time since the first attempt began: a wait that would end past the deadline is not begun.
    #[must_use]
    pub fn wait_after(
        &self,
        attempt: u32,
        elapsed: Duration,
        random: u64,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        if attempt >= self.max_attempts {
            return None;
        }
        let jitter = part_of(self.backoff(attempt), random);
        let wait = retry_after.unwrap_or_default().saturating_add(jitter);
        (elapsed.saturating_add(wait) < self.deadline).then_some(wait)
    }

    /// The longest wait after an attempt.
    fn backoff(&self, attempt: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.first_wait.saturating_mul(factor).min(self.longest_wait)
    }
}

/// The part of a span that a random number stands for: nothing at 0, all but a last bit at the greatest.
fn part_of(span: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(nanos) * u128::from(random)) >> u64::BITS;
    Duration::from_nanos(u64::try_from(part).unwrap_or(nanos))
}

/// Numbers that look random and differ from process to process: the hash of a counter under a key of the process.
#[derive(Debug, Default)]
pub(crate) struct Jitter {
    key: RandomState,
    counter: AtomicU64,
}

impl Jitter {
    pub(crate) fn next(&self) -> u64 {
        self.key.hash_one(self.counter.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn policy() -> RetryPolicy {
        RetryPolicy { max_attempts: 6, first_wait: MS(100), longest_wait: MS(1_000), deadline: MS(10_000) }
    }

    #[test]
    fn the_wait_doubles_up_to_its_bound() {
        let almost_all = |attempt| policy().wait_after(attempt, MS(0), u64::MAX, None).unwrap();
        for (attempt, bound) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000)] {
            let wait = almost_all(attempt);
            assert!(wait < MS(bound) && wait + Duration::from_nanos(2) > MS(bound), "{attempt}: {wait:?}");
            assert_eq!(policy().wait_after(attempt, MS(0), 1 << 63, None), Some(MS(bound) / 2), "{attempt}");
            assert_eq!(policy().wait_after(attempt, MS(0), 0, None), Some(MS(0)), "{attempt}");
        }
        assert_eq!(policy().wait_after(6, MS(0), 0, None), None);
    }

    #[test]
    fn the_target_is_left_alone_for_as_long_as_it_asks() {
        let wait = |retry_after| policy().wait_after(1, MS(0), 1 << 63, Some(retry_after));
        assert_eq!(wait(MS(3_000)), Some(MS(3_050)));
        assert_eq!(wait(MS(9_950)), None);
        assert_eq!(wait(Duration::MAX), None);
    }

    #[test]
    fn no_wait_ends_past_the_deadline() {
        let wait = |elapsed| policy().wait_after(1, elapsed, 1 << 63, None);
        assert_eq!(wait(MS(9_949)), Some(MS(50)));
        assert_eq!(wait(MS(9_950)), None);
        assert_eq!(wait(Duration::MAX), None);
    }

    #[test]
    fn great_numbers_do_not_overflow() {
        let endless = RetryPolicy {
            max_attempts: u32::MAX,
            first_wait: Duration::MAX,
            longest_wait: Duration::MAX,
            deadline: Duration::MAX,
        };
        assert!(endless.wait_after(u32::MAX - 1, MS(0), u64::MAX, None).is_some());
    }

    #[test]
    fn jitter_is_spread_over_the_whole_span() {
        let jitter = Jitter::default();
        let mut quarters = [0_u32; 4];
        for _ in 0..4_000 {
            quarters[usize::try_from(jitter.next() >> 62).unwrap()] += 1;
        }
        // 1,000 each on average, with a standard deviation of 27.
        assert!(quarters.iter().all(|count| (800..1_200).contains(count)), "{quarters:?}");
        assert_ne!(Jitter::default().next(), Jitter::default().next());
    }
}
