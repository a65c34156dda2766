//! The clock: the only source of the current time in the whole platform.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Tells the time. Code that needs "now" takes a `&Clock`, so that a test can decide what time it is.
///
/// A clone reads the same source: clones of a manual clock move together.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// A clock that stands still at `start` until the returned [`ManualClock`] moves it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> (Self, ManualClock) {
        let now = Arc::new(Mutex::new(start));
        let clock = Self { source: Source::Manual(Arc::clone(&now)) };
        (clock, ManualClock { now })
    }

    /// The current instant in UTC, cut down to whole microseconds.
    ///
    /// PostgreSQL's `timestamptz` holds microseconds; an instant with nanoseconds would not come back
    /// equal from the database.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.source {
            Source::System => system_now(),
            Source::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        truncate_to_micros(now)
    }
}

/// The handle that moves a manual [`Clock`]. It is held by the test, never by the code under test.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl ManualClock {
    /// Sets the clock to `now`; it may go back.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock by `by`, backwards when negative. It stops at the ends of the calendar
    /// (about 262,000 years either way).
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let end = if by < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        *now = now.checked_add_signed(by).unwrap_or(end);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

fn truncate_to_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    // Fails only for instants too far away to count in nanoseconds, where precision is of no use.
    instant.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let (clock, hand) = Clock::manual(instant("2026-03-01T10:00:00Z"));
        let copy = clock.clone();
        assert_eq!(clock.now(), instant("2026-03-01T10:00:00Z"));
        hand.advance(TimeDelta::seconds(90));
        assert_eq!(copy.now(), instant("2026-03-01T10:01:30Z"));
        hand.advance(TimeDelta::seconds(-30));
        assert_eq!(clock.now(), instant("2026-03-01T10:01:00Z"));
        hand.set(instant("2020-01-01T00:00:00Z"));
        assert_eq!(clock.now(), instant("2020-01-01T00:00:00Z"));
    }

    #[test]
    fn now_is_cut_to_microseconds_never_rounded_up() {
        let (clock, _) = Clock::manual(instant("2026-03-01T10:00:00.123456789Z"));
        assert_eq!(clock.now(), instant("2026-03-01T10:00:00.123456Z"));
        let (before_epoch, _) = Clock::manual(instant("1969-12-31T23:59:59.999999999Z"));
        assert_eq!(before_epoch.now(), instant("1969-12-31T23:59:59.999999Z"));
    }

    #[test]
    fn the_system_clock_does_not_carry_nanoseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn advancing_past_the_calendar_stops_at_its_end() {
        let (clock, hand) = Clock::manual(instant("2026-03-01T10:00:00Z"));
        hand.advance(TimeDelta::MAX);
        assert!(clock.now() > instant("9999-12-31T00:00:00Z"));
        hand.advance(TimeDelta::MIN);
        assert!(clock.now() < instant("0001-01-01T00:00:00Z"));
    }
}
