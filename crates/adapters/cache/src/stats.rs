//! Figures of the cache for the metrics page.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::CacheError;

/// What the cache has done since it was made, and how full it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Reads that found an entry.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Entries in memory, about; only in process.
    pub entries: Option<u64>,
    /// Bytes in memory, about; only in process.
    pub bytes: Option<u64>,
    /// Use of the connection pool; only on Redis.
    pub pool: Option<PoolStats>,
}

/// Use of the connection pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
    /// Most connections.
    pub max: usize,
    /// Connections now.
    pub open: usize,
    /// Of these, free ones.
    pub idle: usize,
    /// Calls that wait for one.
    pub waiting: usize,
}

/// The counters behind [`CacheStats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    errors: AtomicU64,
}

impl Counters {
    /// Counts the outcome of any call and hands it on.
    pub(crate) fn call<T>(&self, outcome: Result<T, CacheError>) -> Result<T, CacheError> {
        if outcome.is_err() {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    /// Counts the outcome of a read and hands it on.
    pub(crate) fn read<T>(&self, outcome: Result<Option<T>, CacheError>) -> Result<Option<T>, CacheError> {
        match &outcome {
            Ok(Some(_)) => self.hits.fetch_add(1, Ordering::Relaxed),
            Ok(None) => self.misses.fetch_add(1, Ordering::Relaxed),
            Err(_) => self.errors.fetch_add(1, Ordering::Relaxed),
        };
        outcome
    }

    /// The figures so far, without those of a backend.
    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            ..CacheStats::default()
        }
    }
}
