//! Puts a job on the queue, inside the transaction that causes it.

use std::borrow::Cow;

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::JobId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::store::{self, JobCause};

/// The payload of one type of job. Changes to it are additive, because old jobs still wait when a new version starts.
pub trait JobPayload: Serialize + DeserializeOwned + Send + 'static {
    /// Name of the type, `<domain>.<file_name>`.
    const NAME: &'static str;
    /// Name of the queue.
    const QUEUE: &'static str = "default";
    /// Version of the payload's form, stored with each job.
    const VERSION: i16 = 1;
    /// How often the job is tried at one place, without coming further, before it is parked as dead.
    const MAX_ATTEMPTS: i16 = 5;
}

/// For how long a job is the only one with its unique key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueFor {
    /// For ever, also when the job itself has been deleted.
    Ever,
    /// Until it has ended: succeeded, dead or cancelled. A replay does not take the key back.
    WhileUnfinished,
    /// For this time from when it is enqueued.
    Period(TimeDelta),
}

/// A job about to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub(crate) name: Cow<'static, str>,
    pub(crate) queue: Cow<'static, str>,
    pub(crate) version: i16,
    pub(crate) max_attempts: i16,
    pub(crate) payload: Value,
    pub(crate) priority: i16,
    pub(crate) run_at: Option<DateTime<Utc>>,
    pub(crate) unique: Option<(String, UniqueFor)>,
    pub(crate) gate: Option<Gate>,
}

/// What bounds how many jobs run at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Gate {
    /// One at a time, in order.
    Serial(String),
    /// So many at a time.
    Limit(String, i16),
}

impl Gate {
    /// How many jobs it lets run at once.
    pub(crate) fn at_once(&self) -> i16 {
        match self {
            Self::Serial(_) => 1,
            Self::Limit(_, at_once) => *at_once,
        }
    }
}

impl NewJob {
    /// A job with this payload, to run as soon as it can.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
    pub fn new<P: JobPayload>(payload: &P) -> Result<Self, DbError> {
        let payload = serde_json::to_value(payload)
            .map_err(|error| DbError::Corrupt(format!("payload of {}: {error}", P::NAME)))?;
        Ok(Self {
            name: P::NAME.into(),
            queue: P::QUEUE.into(),
            version: P::VERSION,
            max_attempts: P::MAX_ATTEMPTS,
            payload,
            priority: 0,
            run_at: None,
            unique: None,
            gate: None,
        })
    }

    /// Runs not before this instant.
    #[must_use]
    pub fn run_at(mut self, at: DateTime<Utc>) -> Self {
        self.run_at = Some(at);
        self
    }

    /// A smaller number runs first; 0 is ordinary.
    #[must_use]
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// There is at most one job of this type with this key in the tenant, ever.
    #[must_use]
    pub fn unique_key(self, key: impl Into<String>) -> Self {
        self.unique(key, UniqueFor::Ever)
    }

    /// While this job holds the key, no other of its type with the same key is made in the tenant.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>, scope: UniqueFor) -> Self {
        self.unique = Some((key.into(), scope));
        self
    }

    /// A job whose type and payload (of version 1) are known as stored data alone, such as that of a schedule.
    #[must_use]
    pub fn of_type(
        name: impl Into<String>,
        queue: impl Into<String>,
        max_attempts: i16,
        payload: Value,
    ) -> Self {
        Self {
            name: name.into().into(),
            queue: queue.into().into(),
            version: 1,
            max_attempts,
            payload,
            priority: 0,
            run_at: None,
            unique: None,
            gate: None,
        }
    }

    /// Jobs of the tenant with the same key run one after the other, in the order in which they were enqueued: one that
    /// waits for its next try holds up those behind it. It takes the place of a limit.
    #[must_use]
    pub fn serial_key(mut self, key: impl Into<String>) -> Self {
        self.gate = Some(Gate::Serial(key.into()));
        self
    }

    /// Of the tenant's jobs with the same key, whatever their types, at most `at_once` (1 or more) run at the same time,
    /// in as many processes as there are. Each job is held to its own number. It takes the place of a serial key.
    #[must_use]
    pub fn limit(mut self, key: impl Into<String>, at_once: u16) -> Self {
        let at_once = i16::try_from(at_once.max(1)).unwrap_or(i16::MAX);
        self.gate = Some(Gate::Limit(key.into(), at_once));
        self
    }
}

/// Enqueues the job and returns its id; where another job holds its unique key, that one's id.
///
/// # Errors
/// When the database does not answer.
pub async fn enqueue(tx: &mut TenantTx, job: NewJob) -> Result<JobId, DbError> {
    let ids = enqueue_many(tx, vec![job]).await?;
    ids.first().copied().ok_or_else(|| DbError::Corrupt("a job without an id".to_owned()))
}

/// Enqueues the jobs in their order, with one statement however many they are, and returns their ids, side by side;
/// where another job holds a unique key, that one's id.
///
/// # Errors
/// When the database does not answer.
pub async fn enqueue_many(tx: &mut TenantTx, jobs: Vec<NewJob>) -> Result<Vec<JobId>, DbError> {
    let context = tx.context().clone();
    let cause = JobCause {
        tenant: context.tenant_id(),
        realm_key: context.realm_key(),
        tenant_key: context.tenant_key(),
        org_key: context.org_key(),
        actor: context.actor(),
        request_id: context.request_id(),
        trace_id: context.trace_id(),
        enqueued_at: tx.now(),
    };
    let clock = tx.clock().clone();
    let jobs: Vec<(JobId, NewJob)> = jobs.into_iter().map(|job| (JobId::new(&clock), job)).collect();
    store::insert_jobs(tx.conn(), &cause, &jobs).await
}
