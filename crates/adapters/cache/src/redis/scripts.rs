//! The steps that must be one: small Lua programs that the server runs without interruption.

use redis::Script;

/// Answer of [`Scripts::add_member`] when the set is full.
pub(super) const FULL: i64 = -1;

/// The programs. Each touches one key, so that they also run in a cluster.
pub(super) struct Scripts {
    /// Arguments: expected value, new value, time to live in ms. Answers 1 when it set the value, else 0.
    pub(super) compare_and_set: Script,
    /// Argument: expected value. Answers 1 when it deleted the entry, else 0.
    pub(super) compare_and_delete: Script,
    /// Arguments: member, time to live in ms, most members. Answers 1 for a new member, 0 for a known one, or `FULL`.
    pub(super) add_member: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            compare_and_set: Script::new(
                "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
                 redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1",
            ),
            compare_and_delete: Script::new(
                "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
                 redis.call('DEL', KEYS[1]) return 1",
            ),
            add_member: Script::new(
                "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 \
                 and redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end \
                 local added = redis.call('SADD', KEYS[1], ARGV[1]) \
                 if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then \
                 redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return added",
            ),
        }
    }
}
