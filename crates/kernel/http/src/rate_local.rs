//! A counter of this process alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::rate::{RateCounter, RateCounts, RateKey};

/// Most keys of one minute. Further ones are not counted, so that nobody can fill the memory with them.
const MOST_KEYS: usize = 200_000;

/// Counts in memory: for tests, for a process that is alone, and while a shared counter cannot be reached.
#[derive(Debug, Default)]
pub struct LocalRateCounter(Mutex<Minutes>);

#[derive(Debug, Default)]
struct Minutes {
    minute: u64,
    current: HashMap<RateKey, u64>,
    previous: HashMap<RateKey, u64>,
}

impl Minutes {
    /// Turns to a minute. A clock that was set back counts in the latest minute that was seen.
    fn turn_to(&mut self, minute: u64) {
        if minute <= self.minute {
            return;
        }
        let last = std::mem::take(&mut self.current);
        self.previous = if minute == self.minute + 1 { last } else { HashMap::new() };
        self.minute = minute;
    }

    fn add(&mut self, key: &RateKey, by: i64) -> RateCounts {
        let is_full = self.current.len() >= MOST_KEYS;
        let current = match self.current.get_mut(key) {
            Some(count) => {
                *count = count.saturating_add_signed(by);
                *count
            }
            None if by > 0 && !is_full => {
                self.current.insert(key.clone(), by.unsigned_abs());
                by.unsigned_abs()
            }
            None => 0,
        };
        RateCounts { current, previous: self.previous.get(key).copied().unwrap_or_default() }
    }
}

#[async_trait]
impl RateCounter for LocalRateCounter {
    async fn add(&self, key: &RateKey, minute: u64, by: i64) -> RateCounts {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.turn_to(minute);
        minutes.add(key, by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> RateKey {
        RateKey { tenant: None, name: name.to_owned() }
    }

    #[tokio::test]
    async fn it_remembers_this_minute_and_the_last() {
        let counter = LocalRateCounter::default();
        assert_eq!(counter.add(&key("a"), 7, 1).await, RateCounts { current: 1, previous: 0 });
        assert_eq!(counter.add(&key("a"), 7, 1).await, RateCounts { current: 2, previous: 0 });
        assert_eq!(counter.add(&key("b"), 7, 0).await, RateCounts::default());
        assert_eq!(counter.add(&key("a"), 8, 1).await, RateCounts { current: 1, previous: 2 });
        assert_eq!(counter.add(&key("a"), 8, -1).await, RateCounts { current: 0, previous: 2 });
        counter.add(&key("a"), 8, 5).await;
        assert_eq!(counter.add(&key("a"), 10, 1).await, RateCounts { current: 1, previous: 0 });
        // A clock that was set back does not bring old counts back.
        assert_eq!(counter.add(&key("a"), 9, 1).await, RateCounts { current: 2, previous: 0 });
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let counter = LocalRateCounter::default();
        for number in 0..=MOST_KEYS {
            counter.add(&key(&number.to_string()), 1, 1).await;
        }
        assert_eq!(counter.add(&key("0"), 1, 1).await.current, 2);
        assert_eq!(counter.add(&key(&MOST_KEYS.to_string()), 1, 1).await.current, 0);
    }
}
