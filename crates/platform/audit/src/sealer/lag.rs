//! How far sealing is behind writing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::store::chain::Waiting;

/// What waited for the sealer at the end of its last turn. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SealLag(Arc<Mutex<SealLagReading>>);

/// A reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealLagReading {
    /// Events that were not sealed, of all tenants.
    pub events: u64,
    /// Age of the oldest of them.
    pub oldest: Duration,
}

impl SealLag {
    /// The last reading.
    pub fn reading(&self) -> SealLagReading {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, waiting: Waiting, now: DateTime<Utc>) {
        let age = waiting.oldest.map(|oldest| now - oldest).unwrap_or_default();
        let reading = SealLagReading {
            events: u64::try_from(waiting.events).unwrap_or(0),
            oldest: age.to_std().unwrap_or_default(),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reading;
    }
}
