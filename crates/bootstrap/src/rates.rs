//! Counts of requests in the cache, which all processes share when it is Redis.
//!
//! When the cache does not answer, each process counts for itself for a while. A limit protects the platform from a caller
//! gone wild; refusing everybody because the counter is away would be the greater outage, and the fallback still bounds what
//! one process takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use athyper_adapter_cache::{Cache, CacheError, Namespace};
use athyper_kernel_http::{LocalRateCounter, RateCounter, RateCounts, RateKey};
use athyper_kernel_types::Clock;
use tokio::time::timeout;

/// Where the counters are.
const RATES: Namespace = Namespace::new("rates");
/// How long a counter lives: its minute, the next, and what the clocks of the processes differ.
const TIME_TO_LIVE: Duration = Duration::from_mins(3);
/// How long a request may wait for its counter.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a cache that failed is left alone.
const REST_MS: i64 = 5_000;
/// Most counters of the last minute that are remembered, so that memory is bounded.
const MOST_REMEMBERED: usize = 100_000;

/// A counter in the cache, with one of this process behind it.
#[derive(Debug)]
pub(crate) struct CachedRateCounter {
    cache: Cache,
    fallback: LocalRateCounter,
    clock: Clock,
    /// When the cache is asked again, in milliseconds since the epoch.
    rests_until: AtomicI64,
    last_minute: Mutex<LastMinute>,
}

/// What counters stood at when the minute before turned: that does not change any more, so it is asked once.
#[derive(Debug, Default)]
struct LastMinute {
    minute: u64,
    counts: HashMap<RateKey, u64>,
}

impl CachedRateCounter {
    /// Counts in this cache.
    pub(crate) fn new(cache: Cache, clock: Clock) -> Self {
        Self {
            cache,
            fallback: LocalRateCounter::default(),
            clock,
            rests_until: AtomicI64::new(0),
            last_minute: Mutex::default(),
        }
    }

    async fn shared(&self, key: &RateKey, minute: u64, by: i64) -> Result<RateCounts, CacheError> {
        let current = self.change(key, minute, by).await?;
        Ok(RateCounts { current, previous: self.previous(key, minute).await? })
    }

    async fn change(&self, key: &RateKey, minute: u64, by: i64) -> Result<u64, CacheError> {
        let name = entry(key, minute);
        let count = match key.tenant {
            Some(tenant) => self.cache.tenant(tenant).increment(RATES, &name, by, TIME_TO_LIVE).await?,
            None => self.cache.platform().increment(RATES, &name, by, TIME_TO_LIVE).await?,
        };
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn previous(&self, key: &RateKey, minute: u64) -> Result<u64, CacheError> {
        if let Some(known) = self.remembered(key, minute) {
            return Ok(known);
        }
        let name = entry(key, minute.saturating_sub(1));
        let value = match key.tenant {
            Some(tenant) => self.cache.tenant(tenant).get(RATES, &name).await?,
            None => self.cache.platform().get(RATES, &name).await?,
        };
        let text = value.as_deref().and_then(|value| std::str::from_utf8(value).ok());
        let count = text.and_then(|text| text.parse().ok()).unwrap_or_default();
        let mut last = self.last_minute.lock().unwrap_or_else(PoisonError::into_inner);
        if last.minute != minute || last.counts.len() >= MOST_REMEMBERED {
            *last = LastMinute { minute, counts: HashMap::new() };
        }
        last.counts.insert(key.clone(), count);
        Ok(count)
    }

    fn remembered(&self, key: &RateKey, minute: u64) -> Option<u64> {
        let last = self.last_minute.lock().unwrap_or_else(PoisonError::into_inner);
        if last.minute == minute { last.counts.get(key).copied() } else { None }
    }

    /// Leaves the cache alone for a while, and says so once.
    fn rest(&self, now: i64, reason: &str) {
        let before = self.rests_until.swap(now.saturating_add(REST_MS), Ordering::Relaxed);
        if before <= now {
            tracing::warn!(reason, "requests are counted by each process alone while the cache is away");
        }
    }
}

/// The name of a key's counter of a minute.
fn entry(key: &RateKey, minute: u64) -> String {
    format!("{minute}:{}", key.name)
}

#[async_trait]
impl RateCounter for CachedRateCounter {
    async fn add(&self, key: &RateKey, minute: u64, by: i64) -> RateCounts {
        let now = self.clock.now().timestamp_millis();
        if now >= self.rests_until.load(Ordering::Relaxed) {
            match timeout(PATIENCE, self.shared(key, minute, by)).await {
                Ok(Ok(counts)) => return counts,
                Ok(Err(error)) => self.rest(now, &error.to_string()),
                Err(_elapsed) => self.rest(now, "it does not answer in time"),
            }
        }
        self.fallback.add(key, minute, by).await
    }
}

#[cfg(test)]
mod tests {
    use athyper_adapter_cache::{CacheLimits, RedisSettings};
    use athyper_kernel_types::TenantId;
    use futures::future::join_all;

    use super::*;

    fn key(tenant: TenantId) -> RateKey {
        RateKey { tenant: Some(tenant), name: "operation:finance.post_journal".to_owned() }
    }

    #[tokio::test]
    async fn callers_at_the_same_time_are_all_counted() {
        let counter = CachedRateCounter::new(Cache::in_process(CacheLimits::default()), Clock::system());
        let tenant = TenantId::new(&Clock::system());
        let key = key(tenant);
        let counts = join_all((0..200).map(|_| counter.add(&key, 7, 1))).await;
        assert_eq!(counts.iter().map(|counts| counts.current).max(), Some(200));
        assert_eq!(counter.add(&key, 8, 1).await, RateCounts { current: 1, previous: 200 });
        assert_eq!(counter.add(&key, 8, -1).await, RateCounts { current: 0, previous: 200 });
        assert_eq!(counter.add(&key, 9, 0).await, RateCounts::default());
        let other = RateKey { tenant: Some(TenantId::new(&Clock::system())), ..key };
        assert_eq!(counter.add(&other, 8, 1).await, RateCounts { current: 1, previous: 0 });
    }

    #[tokio::test]
    async fn without_the_cache_each_process_counts_alone() {
        // Nobody listens at port 1.
        let url = "redis://127.0.0.1:1".to_owned().into();
        let cache = Cache::redis(&url, RedisSettings::default()).unwrap();
        let counter = CachedRateCounter::new(cache.clone(), Clock::system());
        let key = key(TenantId::new(&Clock::system()));
        for current in 1..=20 {
            assert_eq!(counter.add(&key, 7, 1).await, RateCounts { current, previous: 0 });
        }
        // It is asked once and then left alone.
        assert!(cache.stats().errors <= 2, "{:?}", cache.stats());
    }
}
