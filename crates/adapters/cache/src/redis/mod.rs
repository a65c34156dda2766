//! The cache on Redis: a pool of connections, one command or script a call, each within the timeout.

mod connect;
mod failure;
mod listen;
mod scripts;

use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::Pool;
use redis::{Client, Cmd, FromRedisValue, Pipeline, ScriptInvocation, Value};
use secrecy::SecretString;

use crate::error::CacheError;
use crate::settings::{MAX_MEMBERS, RedisSettings};
use crate::stats::PoolStats;
use crate::subscription::Subscription;
use failure::{Failure, Wanted};
use scripts::Scripts;

/// A Redis server.
pub(crate) struct Redis {
    pool: Pool,
    client: Client,
    scripts: Scripts,
    timeout: Duration,
}

impl Redis {
    pub(crate) fn new(url: &SecretString, settings: RedisSettings) -> Result<Self, CacheError> {
        let timeout = settings.timeout;
        let (client, pool) = connect::prepare(url, settings)?;
        Ok(Self { pool, client, scripts: Scripts::new(), timeout })
    }

    pub(crate) fn pool_stats(&self) -> PoolStats {
        let status = self.pool.status();
        PoolStats { max: status.max_size, open: status.size, idle: status.available, waiting: status.waiting }
    }

    pub(crate) async fn ping(&self) -> Result<(), CacheError> {
        self.command(&redis::cmd("PING"), "an answer").await
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Bytes>, CacheError> {
        self.command(redis::cmd("GET").arg(key), "a value").await
    }

    pub(crate) async fn set(&self, key: String, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        self.command(redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(ttl)), "a value").await
    }

    pub(crate) async fn set_if_absent(
        &self,
        key: String,
        value: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("NX").arg("PX").arg(millis(ttl));
        // The server answers OK, or nothing when there was an entry.
        let answer: Option<Value> = self.command(&command, "a value").await?;
        Ok(answer.is_some())
    }

    pub(crate) async fn compare_and_set(
        &self,
        key: String,
        expected: &[u8],
        new: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let mut call = self.scripts.compare_and_set.key(key);
        call.arg(expected).arg(new).arg(millis(ttl));
        self.script(&call, "a value").await
    }

    pub(crate) async fn compare_and_delete(&self, key: String, expected: &[u8]) -> Result<bool, CacheError> {
        self.script(self.scripts.compare_and_delete.key(key).arg(expected), "a value").await
    }

    pub(crate) async fn delete(&self, key: String) -> Result<bool, CacheError> {
        self.command(redis::cmd("UNLINK").arg(key), "an entry").await
    }

    pub(crate) async fn take(&self, key: String) -> Result<Option<Bytes>, CacheError> {
        self.command(redis::cmd("GETDEL").arg(key), "a value").await
    }

    pub(crate) async fn expire(&self, key: String, ttl: Duration) -> Result<bool, CacheError> {
        self.command(redis::cmd("PEXPIRE").arg(key).arg(millis(ttl)), "an entry").await
    }

    pub(crate) async fn increment(&self, key: String, by: i64, ttl: Duration) -> Result<i64, CacheError> {
        // A transaction and not a script: Lua counts in floating point, exact to 53 bits only.
        let mut steps = redis::pipe();
        steps.atomic();
        steps.cmd("SET").arg(&key).arg(0).arg("NX").arg("PX").arg(millis(ttl)).ignore();
        steps.cmd("INCRBY").arg(&key).arg(by);
        let (value,): (i64,) = self.pipeline(&steps, "a counter").await?;
        Ok(value)
    }

    pub(crate) async fn add_member(
        &self,
        key: String,
        member: &[u8],
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        let mut call = self.scripts.add_member.key(key);
        call.arg(member).arg(millis(ttl)).arg(MAX_MEMBERS);
        match self.script::<i64>(&call, "a set").await? {
            scripts::FULL => {
                Err(CacheError::TooLarge { size: MAX_MEMBERS + 1, unit: "members", limit: MAX_MEMBERS })
            }
            added => Ok(added == 1),
        }
    }

    pub(crate) async fn remove_member(&self, key: String, member: &[u8]) -> Result<bool, CacheError> {
        self.command(redis::cmd("SREM").arg(key).arg(member), "a set").await
    }

    pub(crate) async fn members(&self, key: String) -> Result<Vec<Bytes>, CacheError> {
        let mut members: Vec<Bytes> = self.command(redis::cmd("SMEMBERS").arg(key), "a set").await?;
        members.sort_unstable();
        Ok(members)
    }

    pub(crate) async fn has_member(&self, key: String, member: &[u8]) -> Result<bool, CacheError> {
        self.command(redis::cmd("SISMEMBER").arg(key).arg(member), "a set").await
    }

    pub(crate) async fn publish(&self, channel: String, message: &[u8]) -> Result<(), CacheError> {
        // How many heard it is of no use: in a cluster the number is that of one node.
        let _: i64 = self.command(redis::cmd("PUBLISH").arg(channel).arg(message), "a message").await?;
        Ok(())
    }

    pub(crate) async fn subscribe(&self, channel: String) -> Result<Subscription, CacheError> {
        listen::subscribe(self.client.clone(), channel, self.timeout).await
    }

    async fn command<T: FromRedisValue>(&self, command: &Cmd, wanted: Wanted) -> Result<T, CacheError> {
        self.within(wanted, async {
            let mut connection = self.pool.get().await?;
            Ok(command.query_async(&mut connection).await?)
        })
        .await
    }

    async fn pipeline<T: FromRedisValue>(&self, steps: &Pipeline, wanted: Wanted) -> Result<T, CacheError> {
        self.within(wanted, async {
            let mut connection = self.pool.get().await?;
            Ok(steps.query_async(&mut connection).await?)
        })
        .await
    }

    async fn script<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
        wanted: Wanted,
    ) -> Result<T, CacheError> {
        self.within(wanted, async {
            let mut connection = self.pool.get().await?;
            Ok(call.invoke_async(&mut connection).await?)
        })
        .await
    }

    /// Runs a call within the timeout and puts its failure into words.
    async fn within<T>(
        &self,
        wanted: Wanted,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, CacheError> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(result) => result.map_err(|failure| failure.into_error(wanted)),
            Err(_) => Err(failure::no_answer(self.timeout)),
        }
    }
}

/// A time to live in the unit of Redis; part of a millisecond counts as a whole one.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
