//! Writes decisions down without anybody waiting for it: all refusals, and some of what is allowed.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use athyper_kernel_db::{Database, DbError, SystemReason};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_policy::{Decision, Obligation, Outcome, Reason};
use athyper_kernel_types::{PrincipalId, TenantId};
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::store::decisions;
use crate::written::written;

/// Decisions that wait to be written. What comes when it is full is dropped, and counted.
const WAITING: usize = 8_192;
/// Decisions of one statement. Requests wait for its core: a decision costs about as much as a request that reads one record.
const BATCH: usize = 20;
/// How long a decision waits for others, unless there are enough for a statement.
const PAUSE: Duration = Duration::from_millis(100);
/// Of what is allowed, one in so many is written down.
const ONE_IN: u64 = 10;
/// Of what is allowed, so many wait at most: with the pause, a process writes down about ten a second. A statement with ten of them kept
/// a core for half a millisecond, and nine of the requests behind it for more than one.
const ALLOWED_WAITING: usize = 1;

/// A decision with what was asked.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// In which tenant.
    pub(crate) tenant: TenantId,
    /// When (UTC).
    pub(crate) at: DateTime<Utc>,
    /// Who asked.
    pub(crate) actor: String,
    /// The operation.
    pub(crate) operation: String,
    /// The entity.
    pub(crate) entity: Option<String>,
    /// The record.
    pub(crate) record: Option<String>,
    /// The answer.
    pub(crate) outcome: Outcome,
    /// Why.
    pub(crate) reason: Reason,
    /// The rules that it rests on: `policy/rule`.
    pub(crate) rules: Vec<String>,
    /// What has to be done.
    pub(crate) obligations: Vec<Obligation>,
    /// Number of what is in force.
    pub(crate) number: i64,
    /// The request.
    pub(crate) request: String,
    /// What it rested on beside rules.
    pub(crate) facts: Facts,
}

/// What a decision rested on beside rules, as far as it is kept to be asked again. The address is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The principal, where the tenant knows one.
    pub(crate) principal: Option<PrincipalId>,
    /// Roles that hold in the whole tenant.
    pub(crate) roles: Vec<String>,
    /// Whether it is a service.
    pub(crate) is_service: bool,
    /// The way it came.
    pub(crate) channel: String,
    /// How strongly it had signed in, 0 to 3.
    pub(crate) sign_in: u8,
}

/// Takes decisions. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct DecisionLog {
    queue: mpsc::Sender<Entry>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    allowed: AtomicU64,
    /// Counted apart from refusals: whoever provokes many of these must not keep out what is allowed to others.
    allowed_waiting: AtomicUsize,
    dropped: AtomicU64,
    dice: RandomState,
}

impl Counts {
    /// Whether the next of what is allowed is written down, if few of that wait. By chance and not by turns: requests come in
    /// patterns, of which turns would keep the same part again and again.
    fn is_drawn(&self) -> bool {
        self.dice.hash_one(self.allowed.fetch_add(1, Ordering::Relaxed)).is_multiple_of(ONE_IN)
            && self.allowed_waiting.load(Ordering::Relaxed) < ALLOWED_WAITING
    }
}

impl DecisionLog {
    /// Begins to write to this database, until the process stops.
    pub(crate) fn begin(database: Database, lifecycle: &Lifecycle) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let log = Self { queue, counts: Arc::default() };
        let writer = Writer { database, waiting, counts: Arc::clone(&log.counts) };
        lifecycle.spawn("policy decisions", writer.run(lifecycle.stopping()));
        log
    }

    /// Takes a decision, if it is one that is written down. Never waits.
    pub(crate) fn take(&self, decision: &Decision, entry: impl FnOnce() -> Entry) {
        let is_refusal = decision.outcome == Outcome::Denied;
        if !is_refusal && !self.counts.is_drawn() {
            return;
        }
        if self.queue.try_send(entry()).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        } else if !is_refusal {
            self.counts.allowed_waiting.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many were dropped because too many waited.
    #[cfg(test)]
    fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }
}

struct Writer {
    database: Database,
    waiting: mpsc::Receiver<Entry>,
    counts: Arc<Counts>,
}

impl Writer {
    async fn run(mut self, stopping: CancellationToken) {
        let mut told = 0;
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            let is_stopping = tokio::select! {
                count = self.waiting.recv_many(&mut batch, BATCH) => count == 0,
                () = stopping.cancelled() => true,
            };
            if is_stopping {
                self.waiting.close();
                while self.waiting.recv_many(&mut batch, BATCH).await > 0 {}
            }
            let allowed = batch.iter().filter(|entry| entry.outcome != Outcome::Denied).count();
            self.counts.allowed_waiting.fetch_sub(allowed, Ordering::Relaxed);
            for some in batch.chunks(BATCH) {
                self.write(some).await;
            }
            let dropped = self.counts.dropped.load(Ordering::Relaxed);
            if dropped > told {
                tracing::warn!(dropped = dropped - told, total = dropped, "decisions were not written down");
                told = dropped;
            }
            if is_stopping {
                return;
            }
            if batch.len() == BATCH {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stopping.cancelled() => {}
            }
        }
    }

    /// Writes some decisions; what cannot be written after some tries is counted as dropped.
    async fn write(&self, some: &[Entry]) {
        let Err(error) = written(|| self.try_write(some)).await else { return };
        tracing::warn!(error = %error, decisions = some.len(), "decisions cannot be written");
        let lost = u64::try_from(some.len()).unwrap_or(u64::MAX);
        self.counts.dropped.fetch_add(lost, Ordering::Relaxed);
    }

    async fn try_write(&self, some: &[Entry]) -> Result<(), DbError> {
        let mut tx = self.database.system_tx(SystemReason::LogDecisions).await?;
        decisions::insert(&mut tx, some).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn decision(outcome: Outcome) -> Decision {
        Decision {
            outcome,
            reason: Reason::NothingAllows,
            rules: Vec::new(),
            obligations: Vec::new(),
            hidden: BTreeSet::new(),
            masked: BTreeMap::new(),
            version: 1,
        }
    }

    fn entry() -> Entry {
        Entry {
            tenant: athyper_kernel_types::PLATFORM_TENANT,
            at: DateTime::UNIX_EPOCH,
            actor: "ada".to_owned(),
            operation: "a.b".to_owned(),
            entity: None,
            record: None,
            outcome: Outcome::Denied,
            reason: Reason::NothingAllows,
            rules: Vec::new(),
            obligations: Vec::new(),
            number: 1,
            request: String::new(),
            facts: Facts::default(),
        }
    }

    #[test]
    fn refusals_are_all_taken_and_what_is_too_much_is_counted() {
        let (queue, waiting) = mpsc::channel(3);
        let log = DecisionLog { queue, counts: Arc::default() };
        for _ in 0..5 {
            log.take(&decision(Outcome::Denied), entry);
        }
        assert_eq!((waiting.len(), log.dropped()), (3, 2));
    }

    #[test]
    fn of_what_is_allowed_one_in_ten_is_drawn_by_chance() {
        let (queue, mut waiting) = mpsc::channel(1);
        let log = DecisionLog { queue, counts: Arc::default() };
        let mut kept = 0;
        for _ in 0..20_000 {
            log.take(&decision(Outcome::Allowed), entry);
            kept += usize::from(waiting.try_recv().is_ok());
            log.counts.allowed_waiting.store(0, Ordering::Relaxed);
        }
        assert_eq!(log.dropped(), 0);
        // One in ten, within eight standard deviations.
        assert!((1_660..=2_340).contains(&kept), "{kept}");
    }

    #[test]
    fn what_is_allowed_takes_little_of_the_queue_and_leaves_the_rest_to_refusals() {
        let (queue, waiting) = mpsc::channel(3);
        let log = DecisionLog { queue, counts: Arc::default() };
        for _ in 0..1_000 {
            log.take(&decision(Outcome::Allowed), entry);
        }
        assert_eq!(waiting.len(), 1);
        log.take(&decision(Outcome::Denied), entry);
        log.take(&decision(Outcome::Denied), entry);
        assert_eq!((waiting.len(), log.dropped()), (3, 0));
    }
}
