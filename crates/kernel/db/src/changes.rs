//! What has changed elsewhere: each process hears within a second which keys other processes changed.
//!
//! [`announce`] writes a row in the transaction that makes the change, so that a change that was rolled back is never
//! told and one that was committed always is. Each process reads the rows of transactions that have ended, several times
//! a second and at once when it is notified. A cache asks for a [`Stamp`] before it loads a value and again before it
//! uses it; [`FreshCache`](crate::FreshCache) does both.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use athyper_kernel_types::TenantId;
use foldhash::quality::RandomState;
use sqlx::PgConnection;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep, timeout};

use crate::{Database, DbError, TenantTx};

/// The channel that wakes readers.
pub(crate) const CHANNEL: &str = "athyper_change";

/// How long nobody looks when nothing is announced.
const PAUSE: Duration = Duration::from_millis(250);

/// How old the last look may be for caches to be believed.
const FRESH: Duration = Duration::from_secs(1);

/// After this long without a look, whatever is cached is forgotten: rows may have been removed meanwhile.
const CUT_OFF: Duration = Duration::from_mins(5);

/// Most keys that are remembered one by one.
const MAX_KEYS: usize = 100_000;

/// Changes that a slow subscriber may be behind.
const BACKLOG: usize = 1_024;

/// Says that this key of this topic has changed, as part of the transaction. An empty key says that everything of the
/// topic has changed for the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn announce(tx: &mut TenantTx, topic: &'static str, key: &str) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    announce_on(tx.conn(), tenant, topic, key, now).await?;
    tx.remember_change(Change { tenant_id: tenant, topic: topic.into(), key: key.into() });
    Ok(())
}

/// As [`announce`], for a transaction that crosses tenants.
///
/// # Errors
/// When the database does not answer.
pub async fn announce_for(
    tx: &mut crate::SystemTx,
    tenant: TenantId,
    topic: &'static str,
    key: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    announce_on(tx.conn(), tenant, topic, key, now).await?;
    tx.remember_change(Change { tenant_id: tenant, topic: topic.into(), key: key.into() });
    Ok(())
}

/// Writes the row of a change, and wakes those who read it.
pub(crate) async fn announce_on(
    conn: &mut PgConnection,
    tenant: TenantId,
    topic: &str,
    key: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), DbError> {
    sqlx::query(
        "with told as (insert into platform.change (tenant_id, topic, key, recorded_at) values ($1, $2, $3, $4)) \
         select pg_notify($5, '')",
    )
    .bind(tenant.uuid())
    .bind(topic)
    .bind(key)
    .bind(now)
    .bind(CHANNEL)
    .execute(conn)
    .await?;
    Ok(())
}

/// A key that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose key it is.
    pub tenant_id: TenantId,
    /// What kind of thing it names, such as `tenant`.
    pub topic: Box<str>,
    /// The key; empty when everything of the topic has changed for the tenant.
    pub key: Box<str>,
}

/// What was known of a key at one moment. Two stamps are equal when nobody has changed the key in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    epoch: u64,
    topic: u64,
    key: u64,
}

/// What this process has heard. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Changes(Arc<Heard>);

#[derive(Debug)]
struct Heard {
    state: RwLock<State>,
    /// Seeded, since keys may come from outside; every request hashes several.
    hasher: RandomState,
    sender: broadcast::Sender<Change>,
}

#[derive(Debug, Default)]
struct State {
    /// Raised when everything has to be forgotten.
    epoch: u64,
    /// How often each key was changed, by the hash of tenant, topic and key. Two keys of one hash share their count, which
    /// costs a load too many and nothing else.
    counts: HashMap<u64, u64, RandomState>,
    /// When the last successful look began; none before the first.
    looked_at: Option<Instant>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
        Self(Arc::new(Heard { state: RwLock::default(), hasher: RandomState::default(), sender }))
    }

    /// The stamp of a key, or nothing while this process does not hear what others change: whoever asks must look at the
    /// database then.
    pub fn stamp(&self, tenant: TenantId, topic: &str, key: &str) -> Option<Stamp> {
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        let looked_at = state.looked_at?;
        if looked_at.elapsed() > FRESH {
            return None;
        }
        let count = |key| state.counts.get(&self.hash(tenant, topic, key)).copied().unwrap_or_default();
        let of_topic = count("");
        // The empty key is the whole topic.
        let of_key = if key.is_empty() { of_topic } else { count(key) };
        Some(Stamp { epoch: state.epoch, topic: of_topic, key: of_key })
    }

    /// Hears each change from now on, in the order in which this process learns of them. A receiver that lags has missed
    /// some and must look at everything again.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.sender.subscribe()
    }

    /// Takes note of a change.
    pub(crate) fn note(&self, change: Change) {
        let hash = self.hash(change.tenant_id, &change.topic, &change.key);
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.counts.len() >= MAX_KEYS {
            state.counts.clear();
            state.epoch += 1;
        }
        *state.counts.entry(hash).or_default() += 1;
        drop(state);
        // Nobody may be listening.
        let _ = self.0.sender.send(change);
    }

    fn hash(&self, tenant: TenantId, topic: &str, key: &str) -> u64 {
        self.0.hasher.hash_one((tenant.uuid(), topic, key))
    }

    /// Takes note that all changes of transactions that ended before this instant are known.
    pub(crate) fn looked(&self, at: Instant) {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        let cut_off = state.looked_at.is_none_or(|last| at.duration_since(last) > CUT_OFF);
        if cut_off {
            state.counts.clear();
            state.epoch += 1;
        }
        state.looked_at = Some(at);
    }
}

/// Follows the changes for as long as it is polled: looks four times a second, and at once when a commit announces one.
/// While the database does not answer, [`Changes::stamp`] says nothing.
pub async fn follow_changes(database: Database) {
    let mut reader = Reader::default();
    let mut listener = None;
    let mut has_failed = false;
    loop {
        match database.look_for_changes(&mut reader).await {
            Ok(()) => has_failed = false,
            Err(error) if !has_failed => {
                has_failed = true;
                tracing::warn!(error = %error, "changes of other processes cannot be read: nothing is cached meanwhile");
            }
            Err(_known) => {}
        }
        if listener.is_none() && database.can_listen() {
            listener = database.listen(&[CHANNEL]).await.ok();
        }
        let Some(connection) = &mut listener else {
            sleep(PAUSE).await;
            continue;
        };
        if matches!(timeout(PAUSE, connection.try_recv()).await, Ok(Err(_))) {
            listener = None;
            sleep(PAUSE).await;
        }
    }
}

/// Reads the rows that others wrote.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Every row of a transaction before this one has been seen; none before the first look.
    floor: Option<String>,
    /// Rows of later transactions that have been seen.
    seen: HashSet<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    is_settled: bool,
    tenant_id: uuid::Uuid,
    topic: String,
    key: String,
}

impl Reader {
    /// One look: notes what is new.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn look(&mut self, conn: &mut PgConnection, changes: &Changes) -> Result<(), DbError> {
        let started = Instant::now();
        // Transactions end in another order than they began, so a position says nothing: what is settled is said by the
        // oldest transaction that still runs.
        let floor: String = sqlx::query_scalar("select pg_snapshot_xmin(pg_current_snapshot())::text")
            .fetch_one(&mut *conn)
            .await?;
        if let Some(since) = self.floor.replace(floor.clone()) {
            let rows: Vec<Row> = sqlx::query_as(
                "select position, xid < $2::xid8 as is_settled, tenant_id, topic, key from platform.change \
                 where xid >= $1::xid8 order by position",
            )
            .bind(since)
            .bind(floor)
            .fetch_all(conn)
            .await?;
            let mut still = HashSet::new();
            for row in rows {
                if !row.is_settled {
                    still.insert(row.position);
                }
                if !self.seen.contains(&row.position) {
                    changes.note(Change {
                        tenant_id: TenantId::from_uuid(row.tenant_id),
                        topic: row.topic.into(),
                        key: row.key.into(),
                    });
                }
            }
            self.seen = still;
        }
        changes.looked(started);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::{Clock, Id};

    use super::*;

    #[test]
    fn a_change_is_of_its_tenant_topic_and_key() {
        let (changes, clock) = (Changes::new(), Clock::system());
        let (tenant, other) = (Id::new(&clock), Id::new(&clock));
        assert_eq!(changes.stamp(tenant, "topic", "key"), None);
        changes.looked(Instant::now());
        let places = [
            (tenant, "topic", "key"),
            (tenant, "topic", "yek"),
            (tenant, "topic", ""),
            (tenant, "topick", "ey"),
            (tenant, "cipot", "key"),
            (other, "topic", "key"),
        ];
        let stamps = || places.map(|(tenant, topic, key)| changes.stamp(tenant, topic, key).unwrap());
        let differ = |before: [Stamp; 6], now: [Stamp; 6]| std::array::from_fn(|at| before[at] != now[at]);
        let change = |key: &str| {
            let before = stamps();
            changes.note(Change { tenant_id: tenant, topic: "topic".into(), key: key.into() });
            differ(before, stamps())
        };
        assert_eq!(change("key"), [true, false, false, false, false, false]);
        assert_eq!(change("none"), [false; 6]);
        assert_eq!(change(""), [true, true, true, false, false, false]);
    }
}
