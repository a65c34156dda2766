//! The operations, as methods of a view that knows whose entries it reaches.

use std::ops::Deref;
use std::time::Duration;

use athyper_kernel_types::TenantId;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::{Backend, Cache};
use crate::error::CacheError;
use crate::key::{Namespace, Owner};
use crate::settings::MAX_TIME_TO_LIVE;
use crate::subscription::Subscription;

/// The entries of one tenant; its operations are those of [`CacheView`].
#[derive(Clone, Debug)]
pub struct TenantCache(CacheView);

impl TenantCache {
    pub(crate) fn new(cache: Cache, tenant: TenantId) -> Self {
        Self(CacheView { cache, owner: Owner::Tenant(tenant) })
    }
}

impl Deref for TenantCache {
    type Target = CacheView;

    fn deref(&self) -> &CacheView {
        &self.0
    }
}

/// The entries of the platform; its operations are those of [`CacheView`].
#[derive(Clone, Debug)]
pub struct PlatformCache(CacheView);

impl PlatformCache {
    pub(crate) fn new(cache: Cache) -> Self {
        Self(CacheView { cache, owner: Owner::Platform })
    }
}

impl Deref for PlatformCache {
    type Target = CacheView;

    fn deref(&self) -> &CacheView {
        &self.0
    }
}

/// The operations of a cache on the entries of one owner.
///
/// Every operation fails with [`CacheError::Unavailable`] or [`CacheError::Refused`] when Redis cannot be used, with
/// [`CacheError::Key`] for an empty or overlong key, with [`CacheError::TimeToLive`] for a time to live outside 1 ms to
/// a year, and with [`CacheError::WrongType`] when the entry is of another kind. Other errors are named with the
/// operation.
#[derive(Clone, Debug)]
pub struct CacheView {
    cache: Cache,
    owner: Owner,
}

/// Calls the operation of that name on whichever backend there is.
macro_rules! on_backend {
    ($view:ident.$operation:ident($($argument:expr),*)) => {
        match $view.cache.backend() {
            Backend::InProcess(memory) => memory.$operation($($argument),*).await,
            Backend::Redis(redis) => redis.$operation($($argument),*).await,
        }
    };
}

impl CacheView {
    /// The value, if there is one.
    pub async fn get(&self, namespace: Namespace, key: &str) -> Result<Option<Bytes>, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().read(on_backend!(self.get(key)))
    }

    /// Sets the value for `ttl`, whatever was there.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`] for a value above the limit.
    pub async fn set(
        &self,
        namespace: Namespace,
        key: &str,
        value: &[u8],
        ttl: Duration,
    ) -> Result<(), CacheError> {
        let (key, value, ttl) = (self.owner.key(namespace, key)?, self.value(value)?, time_to_live(ttl)?);
        self.cache.counters().call(on_backend!(self.set(key, value, ttl)))
    }

    /// Sets the value for `ttl` if there is none; says whether it did.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`] for a value above the limit.
    pub async fn set_if_absent(
        &self,
        namespace: Namespace,
        key: &str,
        value: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let (key, value, ttl) = (self.owner.key(namespace, key)?, self.value(value)?, time_to_live(ttl)?);
        self.cache.counters().call(on_backend!(self.set_if_absent(key, value, ttl)))
    }

    /// Sets the value to `new` for `ttl` if it is `expected` now; says whether it did. Of any number of callers that
    /// expect the same, one wins.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`] for a value above the limit.
    pub async fn compare_and_set(
        &self,
        namespace: Namespace,
        key: &str,
        expected: &[u8],
        new: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let (key, new, ttl) = (self.owner.key(namespace, key)?, self.value(new)?, time_to_live(ttl)?);
        self.cache.counters().call(on_backend!(self.compare_and_set(key, expected, new, ttl)))
    }

    /// Deletes the entry if its value is `expected` now; says whether it did.
    pub async fn compare_and_delete(
        &self,
        namespace: Namespace,
        key: &str,
        expected: &[u8],
    ) -> Result<bool, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().call(on_backend!(self.compare_and_delete(key, expected)))
    }

    /// Deletes the entry, of whatever kind; says whether there was one.
    pub async fn delete(&self, namespace: Namespace, key: &str) -> Result<bool, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().call(on_backend!(self.delete(key)))
    }

    /// Takes the value out of the cache: of any number of callers, one gets it.
    pub async fn take(&self, namespace: Namespace, key: &str) -> Result<Option<Bytes>, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().read(on_backend!(self.take(key)))
    }

    /// Lets the entry live for `ttl` from now; says whether there is one.
    pub async fn expire(&self, namespace: Namespace, key: &str, ttl: Duration) -> Result<bool, CacheError> {
        let (key, ttl) = (self.owner.key(namespace, key)?, time_to_live(ttl)?);
        self.cache.counters().call(on_backend!(self.expire(key, ttl)))
    }

    /// Adds `by` to the counter and returns its new value. A counter that is not there begins at 0 and lives for `ttl`;
    /// later calls do not prolong it.
    ///
    /// # Errors
    /// [`CacheError::Overflow`] outside the range of 64 bits; the counter keeps its value.
    pub async fn increment(
        &self,
        namespace: Namespace,
        key: &str,
        by: i64,
        ttl: Duration,
    ) -> Result<i64, CacheError> {
        let (key, ttl) = (self.owner.key(namespace, key)?, time_to_live(ttl)?);
        self.cache.counters().call(on_backend!(self.increment(key, by, ttl)))
    }

    /// Takes `by` off the counter and returns its new value, as [`increment`](Self::increment) does.
    ///
    /// # Errors
    /// [`CacheError::Overflow`] outside the range of 64 bits; the counter keeps its value.
    pub async fn decrement(
        &self,
        namespace: Namespace,
        key: &str,
        by: i64,
        ttl: Duration,
    ) -> Result<i64, CacheError> {
        let by = by.checked_neg().ok_or(CacheError::Overflow)?;
        self.increment(namespace, key, by, ttl).await
    }

    /// Adds a member to the set; says whether it is new. The set lives for `ttl` at least: a later call may prolong its
    /// life and never shortens it.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`] for a member above the limit of values, or one more than
    /// [`MAX_MEMBERS`](crate::MAX_MEMBERS).
    pub async fn add_member(
        &self,
        namespace: Namespace,
        key: &str,
        member: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let (key, member, ttl) = (self.owner.key(namespace, key)?, self.value(member)?, time_to_live(ttl)?);
        self.cache.counters().call(on_backend!(self.add_member(key, member, ttl)))
    }

    /// Removes a member from the set; says whether it was there. A set without members is gone.
    pub async fn remove_member(
        &self,
        namespace: Namespace,
        key: &str,
        member: &[u8],
    ) -> Result<bool, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().call(on_backend!(self.remove_member(key, member)))
    }

    /// The members of the set, sorted by their bytes; none when there is no set.
    pub async fn members(&self, namespace: Namespace, key: &str) -> Result<Vec<Bytes>, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().call(on_backend!(self.members(key)))
    }

    /// Whether the set has that member.
    pub async fn has_member(
        &self,
        namespace: Namespace,
        key: &str,
        member: &[u8],
    ) -> Result<bool, CacheError> {
        let key = self.owner.key(namespace, key)?;
        self.cache.counters().call(on_backend!(self.has_member(key, member)))
    }

    /// The value read as JSON, if there is one.
    ///
    /// # Errors
    /// [`CacheError::Corrupt`] when the value is no such JSON.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        namespace: Namespace,
        key: &str,
    ) -> Result<Option<T>, CacheError> {
        let Some(bytes) = self.get(namespace, key).await? else { return Ok(None) };
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| CacheError::Corrupt { line: error.line(), column: error.column() });
        self.cache.counters().call(value).map(Some)
    }

    /// Sets the value, written as JSON, for `ttl`.
    ///
    /// # Errors
    /// [`CacheError::NotJson`] when it cannot be written so, [`CacheError::TooLarge`] when it is above the limit then.
    pub async fn set_json<T: Serialize + Sync + ?Sized>(
        &self,
        namespace: Namespace,
        key: &str,
        value: &T,
        ttl: Duration,
    ) -> Result<(), CacheError> {
        let bytes = serde_json::to_vec(value).map_err(|_| CacheError::NotJson)?;
        self.set(namespace, key, &bytes, ttl).await
    }

    /// Sends a message to all who are subscribed to the namespace now. Nobody listening is no error.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`] for a message above the limit of values.
    pub async fn publish(&self, namespace: Namespace, message: &[u8]) -> Result<(), CacheError> {
        let (channel, message) = (self.owner.channel(namespace), self.value(message)?);
        self.cache.counters().call(on_backend!(self.publish(channel, message)))
    }

    /// Subscribes to the messages of the namespace that are published from now on.
    pub async fn subscribe(&self, namespace: Namespace) -> Result<Subscription, CacheError> {
        let channel = self.owner.channel(namespace);
        self.cache.counters().call(on_backend!(self.subscribe(channel)))
    }

    /// Checks the size of a value.
    fn value<'v>(&self, value: &'v [u8]) -> Result<&'v [u8], CacheError> {
        let limit = self.cache.max_value_bytes();
        if value.len() > limit {
            return Err(CacheError::TooLarge { size: value.len(), unit: "bytes", limit });
        }
        Ok(value)
    }
}

/// Checks a time to live.
fn time_to_live(ttl: Duration) -> Result<Duration, CacheError> {
    if ttl < Duration::from_millis(1) || ttl > MAX_TIME_TO_LIVE {
        return Err(CacheError::TimeToLive);
    }
    Ok(ttl)
}
