//! A job type: a name, its backoff and the function that runs it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::{JobError, JobPayload, JobRun};

/// How long a job waits before it is tried again: `first × 2^(attempt − 1)`, at most `most`, with up to a tenth of
/// jitter added by the queue so that jobs that failed together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Wait after the first failure.
    pub first: Duration,
    /// Longest wait.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), most: Duration::from_mins(10) }
    }
}

impl Backoff {
    /// The wait after this many failed attempts, without jitter.
    pub fn after(self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(20);
        self.first.saturating_mul(1 << doublings).min(self.most)
    }
}

/// What runs a job.
pub type JobHandler =
    Arc<dyn Fn(JobRun) -> Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>> + Send + Sync>;

/// A type of job that this process can run.
#[derive(Clone)]
pub struct JobType {
    /// Name, the same as in the payload.
    pub name: &'static str,
    /// Queue that its jobs wait in.
    pub queue: &'static str,
    /// Attempts of its jobs.
    pub max_attempts: i16,
    /// Wait between attempts.
    pub backoff: Backoff,
    /// How many of its jobs run at once for one tenant, in all processes together; `None` for as many as come.
    pub limit_per_tenant: Option<u16>,
    /// Whether its jobs may be put beside the database, on Redis, and are looked for there as well.
    pub is_on_redis: bool,
    /// Whether tenants may put it on a schedule of their own.
    pub schedulable: bool,
    /// One payload of the present version, to prove that it still decodes.
    pub sample: Value,
    /// Whether a payload decodes.
    pub decodes: fn(&Value) -> bool,
    /// What runs it.
    pub handler: JobHandler,
}

impl JobType {
    /// Joins a payload type to the function that runs it. The function gets the decoded payload; a payload that does
    /// not decode ends the job for good, with the reason.
    pub fn new<P, F, Fut>(sample: &P, run: F) -> Self
    where
        P: JobPayload,
        F: Fn(JobRun, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let run = Arc::new(run);
        let handler: JobHandler = Arc::new(move |job: JobRun| {
            let run = Arc::clone(&run);
            Box::pin(async move {
                let payload = serde_json::from_value::<P>(job.payload().clone())
                    .map_err(|error| JobError::abort(format!("payload of {}: {error}", P::NAME)))?;
                run(job, payload).await
            })
        });
        Self {
            name: P::NAME,
            queue: P::QUEUE,
            max_attempts: P::MAX_ATTEMPTS,
            schedulable: false,
            backoff: Backoff::default(),
            limit_per_tenant: None,
            is_on_redis: false,
            sample: serde_json::to_value(sample).unwrap_or(Value::Null),
            decodes: |value| serde_json::from_value::<P>(value.clone()).is_ok(),
            handler,
        }
    }

    /// Lets tenants put it on schedules of their own, with any payload that decodes. Its handler must trust the payload no
    /// more than the body of a request.
    #[must_use]
    pub fn schedulable(mut self) -> Self {
        self.schedulable = true;
        self
    }

    /// Another wait between attempts.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Its jobs need no transaction: they may be put on Redis, through a `SideQueue`. There `JobRun::commit` and
    /// `JobRun::complete` end them as dead, because no transaction can hold their lease.
    #[must_use]
    pub fn on_redis(mut self) -> Self {
        self.is_on_redis = true;
        self
    }

    /// At most so many (1 or more) of its jobs run at once for one tenant, in all processes together.
    #[must_use]
    pub fn limit_per_tenant(mut self, at_once: u16) -> Self {
        self.limit_per_tenant = Some(at_once.max(1));
        self
    }
}

impl fmt::Debug for JobType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobType")
            .field("name", &self.name)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
