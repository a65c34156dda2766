//! One entry in memory, its weight and its end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use moka::Expiry;

use crate::error::CacheError;

/// Bytes that an entry takes beside its key and content, about.
const OVERHEAD: usize = 128;
/// Bytes that a member of a set takes beside its content, about.
const MEMBER_OVERHEAD: usize = 48;

/// What is kept under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) content: Content,
    pub(super) expires_at: Instant,
}

/// A value, or the members of a set sorted by their bytes. A counter is a value: its decimal digits, as on Redis.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Bytes(Bytes),
    Members(Vec<Bytes>),
}

impl Entry {
    pub(super) fn bytes(value: &[u8], ttl: Duration) -> Self {
        Self { content: Content::Bytes(Bytes::copy_from_slice(value)), expires_at: Instant::now() + ttl }
    }

    /// Bytes that the entry takes, about.
    pub(super) fn weight(&self, key: &str) -> u32 {
        let content = match &self.content {
            Content::Bytes(bytes) => bytes.len(),
            Content::Members(members) => members.iter().map(|member| member.len() + MEMBER_OVERHEAD).sum(),
        };
        u32::try_from(OVERHEAD + key.len() + content).unwrap_or(u32::MAX)
    }
}

impl Content {
    pub(super) fn into_bytes(self) -> Result<Bytes, CacheError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Members(_) => Err(CacheError::WrongType { wanted: "a value" }),
        }
    }

    pub(super) fn into_members(self) -> Result<Vec<Bytes>, CacheError> {
        match self {
            Self::Members(members) => Ok(members),
            Self::Bytes(_) => Err(CacheError::WrongType { wanted: "a set" }),
        }
    }

    pub(super) fn number(self) -> Result<i64, CacheError> {
        let wrong = CacheError::WrongType { wanted: "a counter" };
        let Self::Bytes(bytes) = self else { return Err(wrong) };
        std::str::from_utf8(&bytes).ok().and_then(|digits| digits.parse().ok()).ok_or(wrong)
    }
}

/// Tells moka when an entry ends: the entry itself says so.
pub(super) struct UntilItExpires;

impl Expiry<String, Entry> for UntilItExpires {
    fn expire_after_create(&self, _: &String, entry: &Entry, now: Instant) -> Option<Duration> {
        Some(entry.expires_at.saturating_duration_since(now))
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.expires_at.saturating_duration_since(now))
    }
}
