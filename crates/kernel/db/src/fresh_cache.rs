//! A cache in this process that is never a second behind the database.

use std::fmt;
use std::future::Future;

use athyper_kernel_types::TenantId;
use equivalent::Equivalent;
use foldhash::quality::RandomState;
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
    entries: Cache<Place, (Stamp, V), RandomState>,
}

/// Where a value is kept.
type Place = (TenantId, Box<str>);

/// The same for whoever looks for a value: most find it, and need no key of their own. It hashes as a [`Place`] does.
#[derive(Hash)]
struct At<'k>(TenantId, &'k str);

impl Equivalent<Place> for At<'_> {
    fn equivalent(&self, (tenant, key): &Place) -> bool {
        self.0 == *tenant && *self.1 == **key
    }
}

impl<V: Clone + Send + Sync + 'static> FreshCache<V> {
    /// A cache for this topic that holds at most so many values.
    pub fn new(database: &Database, topic: &'static str, capacity: u64) -> Self {
        let entries = Cache::builder().max_capacity(capacity).build_with_hasher(RandomState::default());
        Self { changes: database.changes().clone(), topic, entries }
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
        if let Some((kept, value)) = self.entries.get(&At(tenant, key))
            && kept == stamp
        {
            return Ok(value);
        }
        // A place of its own: what loads is large and seldom needed, and every request would carry it about.
        let value = Box::pin(load()).await?;
        self.entries.insert((tenant, Box::from(key)), (stamp, value.clone()));
        Ok(value)
    }
}

impl<V> fmt::Debug for FreshCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshCache").field("topic", &self.topic).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::BuildHasher as _;

    use athyper_kernel_types::{Clock, Id};
    use sqlx::postgres::PgPoolOptions;
    use tokio::time::Instant;

    use super::*;
    use crate::{Change, DbError};

    #[test]
    fn who_looks_finds_its_own_place_and_no_other() {
        let (tenant, other) = (Id::nil(), Id::new(&Clock::system()));
        let (place, hasher): (Place, _) = ((tenant, "a".into()), RandomState::default());
        assert!(At(tenant, "a").equivalent(&place));
        assert_eq!(hasher.hash_one(At(tenant, "a")), hasher.hash_one(&place));
        assert!(!At(other, "a").equivalent(&place) && !At(tenant, "b").equivalent(&place));
    }

    #[tokio::test]
    async fn a_value_is_kept_for_its_tenant_and_key_until_that_changes() {
        let pool = PgPoolOptions::new().connect_lazy("postgres://nobody@localhost/nowhere").unwrap();
        let (database, clock) = (Database::new(pool, Clock::system()), Clock::system());
        let (tenant, other) = (Id::new(&clock), Id::new(&clock));
        let (cache, loads) = (FreshCache::new(&database, "topic", 10), Cell::new(0));
        let get = async |tenant, key| {
            let load = async || {
                loads.set(loads.get() + 1);
                Ok::<_, DbError>(loads.get())
            };
            cache.get(tenant, key, load).await.unwrap()
        };
        // Nothing is known of changes yet.
        assert_eq!((get(tenant, "a").await, get(tenant, "a").await), (1, 2));
        database.changes().looked(Instant::now());
        let all = async || (get(tenant, "a").await, get(tenant, "b").await, get(other, "a").await);
        assert_eq!(all().await, (3, 4, 5));
        assert_eq!(all().await, (3, 4, 5));
        let change = Change { tenant_id: tenant, topic: "topic".into(), key: "a".into() };
        database.changes().note(change.clone());
        assert_eq!(all().await, (6, 4, 5));
        database.changes().note(Change { key: "".into(), ..change });
        assert_eq!(all().await, (7, 8, 5));
    }
}
