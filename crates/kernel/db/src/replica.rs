//! A replica that lists and reports are read from, while it answers.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

use crate::DbError;
use crate::connections::Connections;

/// How long a replica that did not answer is left alone, in milliseconds: each question costs its caller a wait.
const REST_MS: i64 = 5_000;

/// A replica and whether it answers.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) connections: Connections,
    /// Until when it is left alone, in milliseconds since 1970; 0 when it answers.
    away_until: AtomicI64,
}

impl Replica {
    pub(crate) fn new(connections: Connections) -> Self {
        Self { connections, away_until: AtomicI64::new(0) }
    }

    /// Whether it is worth asking now.
    pub(crate) fn may_answer(&self, now: DateTime<Utc>) -> bool {
        self.away_until.load(Ordering::Relaxed) <= now.timestamp_millis()
    }

    /// Notes that it did not answer; the first time, the log is told.
    pub(crate) fn failed(&self, now: DateTime<Utc>, error: &DbError) {
        let until = now.timestamp_millis() + REST_MS;
        if self.away_until.swap(until, Ordering::Relaxed) == 0 {
            tracing::warn!(%error, "the replica does not answer, the primary is read instead");
        }
    }

    /// Notes that it answered.
    pub(crate) fn answered(&self) {
        if self.away_until.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("the replica answers again");
        }
    }
}
