//! A cache in this process that is never a second behind the database.

use std::fmt;
use std::future::Future;

use athyper_kernel_types::TenantId;
use moka::sync::Cache;

use crate::{Changes, Database, Stamp};

/// Keeps values by tenant and key for as long as nobody [announces](crate::announce) a change of the key.
///
/// While this process does not hear what others change, nothing is taken from it: the caller's load is asked each time,
/// and fails when the database does. What is cached is therefore never more than a second old.
#[derive(Clone)]
pub struct FreshCache<V> {
    changes: Changes,
    topic: &'static str,
    entries: Cache<(TenantId, Box<str>), (Stamp, V)>,
}

impl<V: Clone + Send + Sync + 'static> FreshCache<V> {
    /// A cache for this topic that holds at most so many values.
    pub fn new(database: &Database, topic: &'static str, capacity: u64) -> Self {
        Self { changes: database.changes().clone(), topic, entries: Cache::new(capacity) }
    }

    /// The value of a key: the kept one where it is still true, else what `load` finds, which is kept.
    ///
    /// # Errors
    /// What `load` fails with; then nothing is kept.
    pub async fn get<E, F>(&self, tenant: TenantId, key: &str, load: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        // Taken before the load, so that a change in between makes the value old and not the other way round.
        let Some(stamp) = self.changes.stamp(tenant, self.topic, key) else {
            return Box::pin(load()).await;
        };
        let at = (tenant, Box::from(key));
        if let Some((kept, value)) = self.entries.get(&at)
            && kept == stamp
        {
            return Ok(value);
        }
        // A place of its own: what loads is large and seldom needed, and every request would carry it about.
        let value = Box::pin(load()).await?;
        self.entries.insert(at, (stamp, value.clone()));
        Ok(value)
    }
}

impl<V> fmt::Debug for FreshCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshCache").field("topic", &self.topic).finish_non_exhaustive()
    }
}
