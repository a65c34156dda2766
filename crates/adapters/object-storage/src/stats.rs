//! Figures of the storage for the metrics page.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::error::StorageError;

/// What the storage has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageStats {
    /// Objects that were put.
    pub puts: u64,
    /// Reads that began, and questions about objects.
    pub gets: u64,
    /// Objects that were deleted.
    pub deletes: u64,
    /// Pages that were listed.
    pub lists: u64,
    /// Operations that failed on our side or the store's: outages, refused credentials, damage.
    pub faults: u64,
    /// Bytes that were stored.
    pub bytes_put: u64,
    /// Bytes that were read.
    pub bytes_read: u64,
}

/// The counters behind [`StorageStats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) puts: AtomicU64,
    pub(crate) gets: AtomicU64,
    pub(crate) deletes: AtomicU64,
    pub(crate) lists: AtomicU64,
    faults: AtomicU64,
    pub(crate) bytes_put: AtomicU64,
    pub(crate) bytes_read: AtomicU64,
}

impl Counters {
    /// Counts a failure and hands the outcome on.
    pub(crate) fn outcome<T>(&self, outcome: Result<T, StorageError>) -> Result<T, StorageError> {
        use StorageError::{Damaged, Denied, Settings, Unavailable};
        if matches!(&outcome, Err(Unavailable { .. } | Denied { .. } | Settings(_) | Damaged(_))) {
            self.faults.fetch_add(1, Relaxed);
        }
        outcome
    }

    pub(crate) fn stats(&self) -> StorageStats {
        StorageStats {
            puts: self.puts.load(Relaxed),
            gets: self.gets.load(Relaxed),
            deletes: self.deletes.load(Relaxed),
            lists: self.lists.load(Relaxed),
            faults: self.faults.load(Relaxed),
            bytes_put: self.bytes_put.load(Relaxed),
            bytes_read: self.bytes_read.load(Relaxed),
        }
    }
}
