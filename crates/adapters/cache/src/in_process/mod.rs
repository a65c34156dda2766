//! The cache in this process: moka, bounded by bytes, with a time to live on every entry.

mod channels;
mod entry;

use std::time::{Duration, Instant};

use bytes::Bytes;
use moka::future::Cache as Moka;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;

use crate::error::CacheError;
use crate::settings::{CacheLimits, MAX_MEMBERS};
use crate::subscription::Subscription;
use channels::Channels;
use entry::{Content, Entry, UntilItExpires};

/// The entries and channels of this process.
pub(crate) struct InProcess {
    entries: Moka<String, Entry>,
    channels: Channels,
}

impl InProcess {
    pub(crate) fn new(limits: &CacheLimits) -> Self {
        let entries = Moka::builder()
            .max_capacity(limits.max_bytes)
            .weigher(|key: &String, entry: &Entry| entry.weight(key))
            // The default policy may refuse a new entry in favour of popular ones: a value just set would be missing.
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(UntilItExpires)
            .build();
        Self { entries, channels: Channels::new(limits.max_pending_messages) }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries.entry_count()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.entries.weighted_size()
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Bytes>, CacheError> {
        self.entries.get(&key).await.map(|entry| entry.content.into_bytes()).transpose()
    }

    pub(crate) async fn set(&self, key: String, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        self.update(key, |_| Ok((Op::Put(Entry::bytes(value, ttl)), ()))).await
    }

    pub(crate) async fn set_if_absent(
        &self,
        key: String,
        value: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        self.update(key, |found| {
            Ok(if found.is_some() { (Op::Nop, false) } else { (Op::Put(Entry::bytes(value, ttl)), true) })
        })
        .await
    }

    pub(crate) async fn compare_and_set(
        &self,
        key: String,
        expected: &[u8],
        new: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        self.update(key, |found| {
            Ok(if holds(found, expected)? {
                (Op::Put(Entry::bytes(new, ttl)), true)
            } else {
                (Op::Nop, false)
            })
        })
        .await
    }

    pub(crate) async fn compare_and_delete(&self, key: String, expected: &[u8]) -> Result<bool, CacheError> {
        self.update(key, |found| {
            Ok(if holds(found, expected)? { (Op::Remove, true) } else { (Op::Nop, false) })
        })
        .await
    }

    pub(crate) async fn delete(&self, key: String) -> Result<bool, CacheError> {
        self.update(key, |found| Ok((Op::Remove, found.is_some()))).await
    }

    pub(crate) async fn take(&self, key: String) -> Result<Option<Bytes>, CacheError> {
        self.update(key, |found| {
            let value = found.map(|entry| entry.content.into_bytes()).transpose()?;
            Ok((Op::Remove, value))
        })
        .await
    }

    pub(crate) async fn expire(&self, key: String, ttl: Duration) -> Result<bool, CacheError> {
        self.update(key, |found| {
            Ok(match found {
                Some(entry) => (Op::Put(Entry { expires_at: Instant::now() + ttl, ..entry }), true),
                None => (Op::Nop, false),
            })
        })
        .await
    }

    pub(crate) async fn increment(&self, key: String, by: i64, ttl: Duration) -> Result<i64, CacheError> {
        self.update(key, |found| {
            let (now, expires_at) = match found {
                Some(entry) => (entry.content.number()?, entry.expires_at),
                None => (0, Instant::now() + ttl),
            };
            let next = now.checked_add(by).ok_or(CacheError::Overflow)?;
            let content = Content::Bytes(Bytes::from(next.to_string()));
            Ok((Op::Put(Entry { content, expires_at }), next))
        })
        .await
    }

    pub(crate) async fn add_member(
        &self,
        key: String,
        member: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        self.update(key, |found| {
            let end = Instant::now() + ttl;
            let (mut members, expires_at) = match found {
                Some(entry) => (entry.content.into_members()?, entry.expires_at.max(end)),
                None => (Vec::new(), end),
            };
            let place = members.binary_search_by(|known| known.as_ref().cmp(member));
            if let Err(place) = place {
                if members.len() >= MAX_MEMBERS {
                    return Err(too_many_members());
                }
                members.insert(place, Bytes::copy_from_slice(member));
            }
            Ok((Op::Put(Entry { content: Content::Members(members), expires_at }), place.is_err()))
        })
        .await
    }

    pub(crate) async fn remove_member(&self, key: String, member: &[u8]) -> Result<bool, CacheError> {
        self.update(key, |found| {
            let Some(Entry { content, expires_at }) = found else { return Ok((Op::Nop, false)) };
            let mut members = content.into_members()?;
            let Ok(place) = members.binary_search_by(|known| known.as_ref().cmp(member)) else {
                return Ok((Op::Nop, false));
            };
            members.remove(place);
            if members.is_empty() {
                return Ok((Op::Remove, true));
            }
            Ok((Op::Put(Entry { content: Content::Members(members), expires_at }), true))
        })
        .await
    }

    pub(crate) async fn members(&self, key: String) -> Result<Vec<Bytes>, CacheError> {
        match self.entries.get(&key).await {
            Some(entry) => entry.content.into_members(),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) async fn has_member(&self, key: String, member: &[u8]) -> Result<bool, CacheError> {
        let members = self.members(key).await?;
        Ok(members.binary_search_by(|known| known.as_ref().cmp(member)).is_ok())
    }

    /// Asynchronous only for likeness with Redis.
    #[expect(clippy::unused_async, reason = "both backends are called alike")]
    pub(crate) async fn publish(&self, channel: String, message: &[u8]) -> Result<(), CacheError> {
        self.channels.publish(&channel, message);
        Ok(())
    }

    /// Asynchronous only for likeness with Redis.
    #[expect(clippy::unused_async, reason = "both backends are called alike")]
    pub(crate) async fn subscribe(&self, channel: String) -> Result<Subscription, CacheError> {
        Ok(self.channels.subscribe(channel))
    }

    /// Changes an entry in one step: no other call sees or changes it in between.
    async fn update<R: Default>(
        &self,
        key: String,
        change: impl FnOnce(Option<Entry>) -> Result<(Op<Entry>, R), CacheError>,
    ) -> Result<R, CacheError> {
        let mut answer = Ok(R::default());
        self.entries
            .entry(key)
            .and_compute_with(|found| {
                let found = found.map(moka::Entry::into_value);
                let op = match change(found) {
                    Ok((op, result)) => {
                        answer = Ok(result);
                        op
                    }
                    Err(error) => {
                        answer = Err(error);
                        Op::Nop
                    }
                };
                std::future::ready(op)
            })
            .await;
        answer
    }
}

/// Whether there is an entry with that value.
fn holds(found: Option<Entry>, expected: &[u8]) -> Result<bool, CacheError> {
    Ok(match found {
        Some(entry) => entry.content.into_bytes()? == expected,
        None => false,
    })
}

fn too_many_members() -> CacheError {
    CacheError::TooLarge { size: MAX_MEMBERS + 1, unit: "members", limit: MAX_MEMBERS }
}
