//! How large the cache may grow and how long a call may take.

use std::time::Duration;

/// Longest key that a caller may use, in bytes, without the prefix of its owner.
pub const MAX_KEY_BYTES: usize = 512;
/// Longest time to live: a year and a day.
pub const MAX_TIME_TO_LIVE: Duration = Duration::from_hours(366 * 24);
/// Most members of one set, so that reading them all stays cheap.
pub const MAX_MEMBERS: usize = 10_000;

/// Bounds of a cache in this process.
#[derive(Clone, Debug)]
pub struct CacheLimits {
    /// Memory that entries may take, in bytes. Past it the entries used least recently are dropped.
    pub max_bytes: u64,
    /// Largest value, in bytes. At most `max_bytes`, or a value could not be kept at all.
    pub max_value_bytes: usize,
    /// Messages that a slow subscriber may be behind before it loses the oldest.
    pub max_pending_messages: usize,
}

impl Default for CacheLimits {
    /// 64 MiB in all, 1 MiB a value, 1,024 messages.
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_value_bytes: 1 << 20, max_pending_messages: 1_024 }
    }
}

/// Bounds and patience of a cache on Redis.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Most connections of the pool. A subscription has one of its own besides.
    pub max_connections: usize,
    /// How long one call may take, waiting for a connection included.
    pub timeout: Duration,
    /// Largest value, in bytes.
    pub max_value_bytes: usize,
    /// Certificates (PEM) of the authority that signed the server's, instead of the public ones. Only for `rediss://`.
    pub root_certificates: Option<Vec<u8>>,
}

impl Default for RedisSettings {
    /// 16 connections, 2 seconds, 1 MiB a value, the public certificate authorities.
    fn default() -> Self {
        Self {
            max_connections: 16,
            timeout: Duration::from_secs(2),
            max_value_bytes: 1 << 20,
            root_certificates: None,
        }
    }
}
