//! The retry budget: what all callers together may repeat, so that retries cannot multiply an outage.

use std::sync::{Mutex, MutexGuard, PoisonError};

use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};

/// One retry, in the unit that the bucket counts in.
const ONE: u64 = 1_000;

/// What retries of a target may cost it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetSettings {
    /// Retries per hundred calls, at most 100.
    pub percent_of_calls: u8,
    /// Retries per second that are allowed beside those, so that a target that is seldom called has some.
    pub minimum_per_second: u32,
    /// The most retries that can be saved up. A new budget has them all; 0 forbids retries.
    pub burst: u32,
}

impl Default for BudgetSettings {
    /// A fifth of the calls and one a second, with at most ten saved up.
    fn default() -> Self {
        Self { percent_of_calls: 20, minimum_per_second: 1, burst: 10 }
    }
}

/// A token bucket that all callers of a target share: each call pays a part of a retry in, each retry takes one out.
///
/// Over any span there are at most `burst + percent × calls + minimum × seconds` retries.
#[derive(Debug)]
pub struct RetryBudget {
    settings: BudgetSettings,
    clock: Clock,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// Thousandths of a retry.
    balance: u64,
    /// Until when the minimum per second has been paid in.
    paid_until: DateTime<Utc>,
}

impl RetryBudget {
    /// A full budget.
    pub fn new(settings: BudgetSettings, clock: Clock) -> Self {
        let bucket = Bucket { balance: u64::from(settings.burst) * ONE, paid_until: clock.now() };
        Self { settings, clock, bucket: Mutex::new(bucket) }
    }

    /// Pays for a call. Retries do not pay, or they would pay for one another.
    pub fn deposit(&self) {
        let share = u64::from(self.settings.percent_of_calls) * (ONE / 100);
        let mut bucket = self.lock_paid();
        bucket.balance = self.capped(bucket.balance.saturating_add(share));
    }

    /// Takes one retry out, if there is one.
    #[must_use]
    pub fn try_withdraw(&self) -> bool {
        let mut bucket = self.lock_paid();
        let left = bucket.balance.checked_sub(ONE);
        bucket.balance = left.unwrap_or(bucket.balance);
        left.is_some()
    }

    /// The bucket, with the minimum per second paid in until now.
    fn lock_paid(&self) -> MutexGuard<'_, Bucket> {
        let now = self.clock.now();
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        // One retry a second is one thousandth a millisecond. A clock that was set back pays nothing.
        let passed = now.signed_duration_since(bucket.paid_until).num_milliseconds();
        let share =
            u64::try_from(passed).unwrap_or(0).saturating_mul(self.settings.minimum_per_second.into());
        bucket.balance = self.capped(bucket.balance.saturating_add(share));
        if passed != 0 {
            // The rest of a millisecond is left for the next time.
            bucket.paid_until =
                bucket.paid_until.checked_add_signed(TimeDelta::milliseconds(passed)).unwrap_or(now);
        }
        bucket
    }

    fn capped(&self, balance: u64) -> u64 {
        balance.min(u64::from(self.settings.burst) * ONE)
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::ManualClock;

    use super::*;

    fn budget(percent_of_calls: u8, minimum_per_second: u32, burst: u32) -> (RetryBudget, ManualClock) {
        let (clock, hand) = Clock::manual("2026-03-01T10:00:00Z".parse().unwrap());
        (RetryBudget::new(BudgetSettings { percent_of_calls, minimum_per_second, burst }, clock), hand)
    }

    fn withdraw_all(budget: &RetryBudget) -> usize {
        (0..1_000).take_while(|_| budget.try_withdraw()).count()
    }

    #[test]
    fn five_calls_pay_for_one_retry() {
        let (budget, _hand) = budget(20, 0, 10);
        assert_eq!(withdraw_all(&budget), 10);
        for _ in 0..4 {
            budget.deposit();
        }
        assert!(!budget.try_withdraw());
        budget.deposit();
        assert_eq!(withdraw_all(&budget), 1);
    }

    #[test]
    fn the_minimum_comes_with_time_and_no_fraction_is_lost() {
        let (budget, hand) = budget(0, 2, 10);
        assert_eq!(withdraw_all(&budget), 10);
        for _ in 0..1_000 {
            hand.advance(TimeDelta::microseconds(499));
            assert!(!budget.try_withdraw());
        }
        hand.advance(TimeDelta::microseconds(1_000));
        assert_eq!(withdraw_all(&budget), 1);
    }

    #[test]
    fn savings_are_bounded() {
        let (budget, hand) = budget(20, 5, 10);
        hand.advance(TimeDelta::hours(9));
        for _ in 0..1_000 {
            budget.deposit();
        }
        assert_eq!(withdraw_all(&budget), 10);
    }

    #[test]
    fn a_clock_set_back_pays_nothing_twice() {
        let (budget, hand) = budget(0, 1, 10);
        assert_eq!(withdraw_all(&budget), 10);
        hand.advance(TimeDelta::seconds(-60));
        assert!(!budget.try_withdraw());
        hand.advance(TimeDelta::seconds(3));
        assert_eq!(withdraw_all(&budget), 3);
    }

    #[test]
    fn no_burst_means_no_retries() {
        let (budget, hand) = budget(100, 9, 0);
        budget.deposit();
        hand.advance(TimeDelta::seconds(60));
        assert!(!budget.try_withdraw());
    }
}
