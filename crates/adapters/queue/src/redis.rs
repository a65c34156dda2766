//! The queue on Redis, for jobs that need no transaction: at least once, with leases, stored backoff and dead letters.
//!
//! Each step is one script, so it happens as a whole, by the server's clock. A job is a hash; its id stands in one of three
//! sorted sets: due (one set for each type), leased (by the end of the lease) or dead. Whoever claims first takes back what
//! lost workers held: such a job has used an attempt, so one that kills its worker ends dead.

mod worker;

use std::time::Duration;

use async_trait::async_trait;
use athyper_kernel_jobs::{NewJob, SideJob, SideQueue, SideQueueError};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, JobId};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use uuid::Uuid;

pub use worker::RedisWorker;

/// What all keys begin with. The braces keep them together on one node of a cluster.
const PREFIX: &str = "athyper:{jobs}:";
/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long dead jobs are kept, in seconds: ninety days, as in the database.
const DEAD_KEPT: u64 = 90 * 24 * 60 * 60;
/// What a job's errors say about a run whose worker was lost.
const LOST: &str = "the worker stopped while it ran the job";

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisQueueError {
    /// The URL is none for Redis. It is not repeated here: it may hold a password.
    #[error("the URL for Redis cannot be read: write it like redis://user:password@host:6379/0")]
    Url,
    /// The server does not answer, or refuses.
    #[error("redis does not answer")]
    Unavailable(#[from] RedisError),
    /// A stored job cannot be read.
    #[error("a job in redis cannot be read")]
    Corrupt(#[from] serde_json::Error),
}

/// The queue. Cheap to clone; it connects when it is first used, and again when the connection was lost.
#[derive(Clone)]
pub struct RedisQueue {
    connection: ConnectionManager,
    clock: Clock,
}

/// A job that was given up.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadSideJob {
    /// The job.
    pub job: SideJob,
    /// What went wrong, attempt by attempt, oldest first.
    pub errors: Vec<SideError>,
}

/// Why one attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SideError {
    /// When, in milliseconds since 1970 (UTC), by the server's clock.
    pub at: i64,
    /// Which attempt, counted from 1.
    pub attempt: i16,
    /// What went wrong.
    pub message: String,
}

/// A job just claimed.
#[derive(Debug)]
pub(crate) struct SideClaim {
    pub(crate) job: SideJob,
    pub(crate) attempt: i16,
    pub(crate) waited: Duration,
    pub(crate) token: Uuid,
}

/// A job taken from a lost worker.
#[derive(Debug)]
pub(crate) struct SideLost {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) is_dead: bool,
}

/// What the script answers: attempt, wait in milliseconds and document of each claimed job; id, type and whether it is dead
/// of each that was lost.
type Answer = (Vec<(i16, u64, String)>, Vec<(String, String, bool)>);

/// How a run is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SideEnd<'a> {
    /// The job is done.
    Done,
    /// It comes again after this time.
    Back { delay: Duration, counted: bool, error: Option<&'a str> },
    /// It is given up.
    Dead { error: &'a str },
}

impl std::fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisQueue").finish_non_exhaustive()
    }
}

impl RedisQueue {
    /// The queue on this server. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`RedisQueueError::Url`].
    pub fn new(url: &SecretString, clock: Clock) -> Result<Self, RedisQueueError> {
        let client = Client::open(url.expose_secret()).map_err(|_| RedisQueueError::Url)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let connection = client.get_connection_manager_lazy(config).map_err(|_| RedisQueueError::Url)?;
        Ok(Self { connection, clock })
    }

    /// The jobs that were given up, those that died last before the others and at most `limit` of them.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn dead(&self, limit: usize) -> Result<Vec<DeadSideJob>, RedisQueueError> {
        let mut connection = self.connection.clone();
        let last = isize::try_from(limit).unwrap_or(isize::MAX).saturating_sub(1);
        let ids: Vec<String> = redis::cmd("ZREVRANGE")
            .arg(format!("{PREFIX}dead"))
            .arg(0)
            .arg(last)
            .query_async(&mut connection)
            .await?;
        let mut dead = Vec::with_capacity(ids.len());
        for id in ids {
            let (job, errors): (Option<String>, Vec<String>) = redis::pipe()
                .hget(format!("{PREFIX}job:{id}"), "job")
                .lrange(format!("{PREFIX}errors:{id}"), 0, -1)
                .query_async(&mut connection)
                .await?;
            if let Some(job) = job {
                let errors: Result<_, _> = errors.iter().map(|error| serde_json::from_str(error)).collect();
                dead.push(DeadSideJob { job: serde_json::from_str(&job)?, errors: errors? });
            }
        }
        Ok(dead)
    }

    /// Gives a dead job all its attempts again, from now on; false when there is no such dead job.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn replay(&self, id: JobId) -> Result<bool, RedisQueueError> {
        let script = Script::new(include_str!("redis/replay.lua"));
        let mut connection = self.connection.clone();
        Ok(script.arg(PREFIX).arg(id.to_string()).invoke_async(&mut connection).await?)
    }

    async fn try_push(&self, jobs: &[SideJob]) -> Result<(), RedisQueueError> {
        let script = Script::new(include_str!("redis/push.lua"));
        let mut call = script.arg(PREFIX);
        for job in jobs {
            let due = job.run_at.map(|at| at.timestamp_millis().to_string()).unwrap_or_default();
            call.arg(job.id.to_string()).arg(&job.name).arg(job.max_attempts).arg(due);
            call.arg(serde_json::to_string(job)?);
        }
        let mut connection = self.connection.clone();
        let _pushed: i64 = call.invoke_async(&mut connection).await?;
        Ok(())
    }

    /// Claims due jobs of these types, and takes back what lost workers held.
    pub(crate) async fn claim(
        &self,
        types: &[String],
        limit: usize,
        lease: Duration,
    ) -> Result<(Vec<SideClaim>, Vec<SideLost>), RedisQueueError> {
        let token = Uuid::new_v4();
        let script = Script::new(include_str!("redis/claim.lua"));
        let mut call = script.arg(PREFIX);
        call.arg(limit).arg(millis(lease)).arg(token.to_string()).arg(LOST).arg(DEAD_KEPT).arg(types);
        let mut connection = self.connection.clone();
        let (claimed, lost): Answer = call.invoke_async(&mut connection).await?;
        let claims =
            claimed.into_iter().filter_map(|(attempt, waited, job)| match serde_json::from_str(&job) {
                Ok(job) => Some(SideClaim { job, attempt, waited: Duration::from_millis(waited), token }),
                Err(error) => {
                    // Its lease runs out again and again until its attempts are used up.
                    tracing::error!(%error, "a job in redis cannot be read");
                    None
                }
            });
        let lost = lost.into_iter().map(|(id, name, is_dead)| SideLost { id, name, is_dead });
        Ok((claims.collect(), lost.collect()))
    }

    /// Renews a lease; false when it was lost.
    pub(crate) async fn renew(&self, claim: &SideClaim, lease: Duration) -> Result<bool, RedisQueueError> {
        let script = Script::new(include_str!("redis/renew.lua"));
        let mut call = script.arg(PREFIX);
        call.arg(claim.job.id.to_string()).arg(claim.token.to_string()).arg(millis(lease));
        let mut connection = self.connection.clone();
        Ok(call.invoke_async(&mut connection).await?)
    }

    /// Records the end of a run; false when the lease was lost.
    pub(crate) async fn finish(&self, claim: &SideClaim, end: SideEnd<'_>) -> Result<bool, RedisQueueError> {
        let (what, delay, counted, error) = match end {
            SideEnd::Done => ("done", Duration::ZERO, true, ""),
            SideEnd::Back { delay, counted, error } => ("back", delay, counted, error.unwrap_or_default()),
            SideEnd::Dead { error } => ("dead", Duration::ZERO, true, error),
        };
        let script = Script::new(include_str!("redis/finish.lua"));
        let mut call = script.arg(PREFIX);
        call.arg(claim.job.id.to_string()).arg(claim.token.to_string()).arg(what).arg(millis(delay));
        call.arg(u8::from(counted)).arg(error).arg(DEAD_KEPT);
        let mut connection = self.connection.clone();
        Ok(call.invoke_async(&mut connection).await?)
    }
}

#[async_trait]
impl SideQueue for RedisQueue {
    async fn push(&self, context: &TenantContext, jobs: Vec<NewJob>) -> Result<Vec<JobId>, SideQueueError> {
        let jobs: Result<Vec<SideJob>, _> =
            jobs.into_iter().map(|job| SideJob::new(context, job, &self.clock)).collect();
        let jobs = jobs?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        self.try_push(&jobs).await.map_err(|error| SideQueueError::Unavailable(error.into()))?;
        Ok(jobs.into_iter().map(|job| job.id).collect())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
