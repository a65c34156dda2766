//! The cache itself: one of two backends behind one contract.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use athyper_kernel_types::TenantId;
use secrecy::SecretString;

use crate::error::CacheError;
use crate::in_process::InProcess;
use crate::redis::Redis;
use crate::settings::{CacheLimits, RedisSettings};
use crate::stats::{CacheStats, Counters};
use crate::view::{PlatformCache, TenantCache};

/// A cache in this process or on Redis. A clone is the same cache.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    max_value_bytes: usize,
    counters: Counters,
}

/// Where the entries are.
pub(crate) enum Backend {
    InProcess(InProcess),
    Redis(Box<Redis>),
}

impl Cache {
    /// A cache that lives and dies with this process.
    #[must_use]
    pub fn in_process(limits: CacheLimits) -> Self {
        let max_value_bytes = limits.max_value_bytes;
        Self::new(Backend::InProcess(InProcess::new(&limits)), max_value_bytes)
    }

    /// A cache on the Redis server (6.2 or newer) at `redis://user:password@host:port/database`, or `rediss://` for
    /// TLS.
    ///
    /// No connection is made yet: ask [`ping`](Self::ping) whether the server answers. The user needs the ACL rules
    /// `~athyper:* &athyper:* +@all -@admin -@dangerous`.
    ///
    /// # Errors
    /// [`CacheError::Url`] or [`CacheError::Settings`] when these cannot work.
    pub fn redis(url: &SecretString, settings: RedisSettings) -> Result<Self, CacheError> {
        let max_value_bytes = settings.max_value_bytes;
        Ok(Self::new(Backend::Redis(Box::new(Redis::new(url, settings)?)), max_value_bytes))
    }

    fn new(backend: Backend, max_value_bytes: usize) -> Self {
        Self { inner: Arc::new(Inner { backend, max_value_bytes, counters: Counters::default() }) }
    }

    /// The entries of one tenant.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> TenantCache {
        TenantCache::new(self.clone(), tenant)
    }

    /// The entries of the platform itself, which belong to no tenant.
    #[must_use]
    pub fn platform(&self) -> PlatformCache {
        PlatformCache::new(self.clone())
    }

    /// Asks the server for a sign of life and says how long it took. In process that is always at once.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] or [`CacheError::Refused`] when Redis cannot be used.
    pub async fn ping(&self) -> Result<Duration, CacheError> {
        let start = Instant::now();
        if let Backend::Redis(redis) = self.backend() {
            self.counters().call(redis.ping().await)?;
        }
        Ok(start.elapsed())
    }

    /// What the cache has done so far.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let stats = self.counters().stats();
        match self.backend() {
            Backend::InProcess(memory) => {
                CacheStats { entries: Some(memory.entries()), bytes: Some(memory.bytes()), ..stats }
            }
            Backend::Redis(redis) => CacheStats { pool: Some(redis.pool_stats()), ..stats },
        }
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    pub(crate) fn max_value_bytes(&self) -> usize {
        self.inner.max_value_bytes
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.backend() {
            Backend::InProcess(_) => "Cache(in process)",
            Backend::Redis(_) => "Cache(redis)",
        })
    }
}
