//! Calls and faults of the last while, in ten slices, so that memory does not grow with the number of calls.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// How many slices a window has.
pub(crate) const SLICES: i64 = 10;

/// Calls and faults of the last while.
#[derive(Debug)]
pub(crate) struct Window {
    slice_micros: i64,
    /// Oldest first.
    slices: VecDeque<Slice>,
}

#[derive(Debug)]
struct Slice {
    /// Which slice since 1970 this is.
    number: i64,
    calls: u32,
    faults: u32,
}

impl Window {
    pub(crate) fn new(length: Duration) -> Self {
        let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Self { slice_micros: (micros / SLICES).max(1), slices: VecDeque::new() }
    }

    /// Counts a call that ended at `now`.
    pub(crate) fn record(&mut self, now: DateTime<Utc>, is_fault: bool) {
        let number = self.forget_old(now);
        if self.slices.back().is_none_or(|newest| newest.number != number) {
            self.slices.push_back(Slice { number, calls: 0, faults: 0 });
        }
        if let Some(slice) = self.slices.back_mut() {
            slice.calls = slice.calls.saturating_add(1);
            slice.faults = slice.faults.saturating_add(u32::from(is_fault));
        }
    }

    /// Calls and faults within the window that ends at `now`.
    pub(crate) fn counts(&self, now: DateTime<Utc>) -> (u32, u32) {
        let number = self.number(now);
        let within = self.slices.iter().filter(|slice| is_within(slice.number, number));
        within.fold((0, 0), |(calls, faults), slice| {
            (slice.calls.saturating_add(calls), slice.faults.saturating_add(faults))
        })
    }

    pub(crate) fn clear(&mut self) {
        self.slices.clear();
    }

    /// Drops what is too old, and what lies ahead of a clock that was set back. Tells the number of the present slice.
    fn forget_old(&mut self, now: DateTime<Utc>) -> i64 {
        let number = self.number(now);
        self.slices.retain(|slice| is_within(slice.number, number));
        number
    }

    fn number(&self, now: DateTime<Utc>) -> i64 {
        now.timestamp_micros().div_euclid(self.slice_micros)
    }
}

fn is_within(slice: i64, present: i64) -> bool {
    slice <= present && slice > present - SLICES
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let start: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut window = Window::new(Duration::from_secs(10));
        window.record(start, true);
        window.record(start + TimeDelta::milliseconds(900), false);
        window.record(start + TimeDelta::seconds(5), true);
        assert_eq!(window.counts(start + TimeDelta::milliseconds(9_999)), (3, 2));
        assert_eq!(window.counts(start + TimeDelta::seconds(10)), (1, 1));
        assert_eq!(window.counts(start + TimeDelta::seconds(15)), (0, 0));
        window.record(start + TimeDelta::seconds(60), false);
        assert_eq!(window.slices.len(), 1);
    }

    #[test]
    fn a_clock_set_back_forgets_what_lies_ahead() {
        let start: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut window = Window::new(Duration::from_secs(10));
        window.record(start, true);
        let earlier = start - TimeDelta::hours(1);
        assert_eq!(window.counts(earlier), (0, 0));
        window.record(earlier, true);
        assert_eq!(window.counts(earlier), (1, 1));
        assert_eq!(window.counts(start), (0, 0));
    }

    #[test]
    fn memory_does_not_grow_with_the_number_of_calls() {
        let start: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut window = Window::new(Duration::from_secs(10));
        for step in 0..10_000 {
            window.record(start + TimeDelta::milliseconds(step * 7), false);
        }
        assert!(window.slices.len() <= 10);
    }
}
