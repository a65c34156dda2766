//! Puts a job on the queue, inside the transaction that causes it.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::{Id, Job, JobId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::store::{self, NewJobRow};

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

/// A job about to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub(crate) name: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) version: i16,
    pub(crate) max_attempts: i16,
    pub(crate) payload: Value,
    pub(crate) priority: i16,
    pub(crate) run_at: Option<DateTime<Utc>>,
    pub(crate) unique_key: Option<String>,
    pub(crate) serial_key: Option<String>,
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
            name: P::NAME,
            queue: P::QUEUE,
            version: P::VERSION,
            max_attempts: P::MAX_ATTEMPTS,
            payload,
            priority: 0,
            run_at: None,
            unique_key: None,
            serial_key: None,
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
    pub fn unique_key(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// Jobs of the tenant with the same key run one after the other, in the order in which they were enqueued.
    #[must_use]
    pub fn serial_key(mut self, key: impl Into<String>) -> Self {
        self.serial_key = Some(key.into());
        self
    }
}

/// Enqueues the job and returns its id; where a job with its unique key exists already, that one's id.
///
/// # Errors
/// When the database does not answer.
pub async fn enqueue(tx: &mut TenantTx, job: NewJob) -> Result<JobId, DbError> {
    let context = tx.context().clone();
    let row = NewJobRow {
        tenant: context.tenant_id(),
        id: Id::<Job>::new(tx.clock()),
        name: job.name,
        queue: job.queue,
        payload: &job.payload,
        payload_version: job.version,
        priority: job.priority,
        run_at: job.run_at,
        max_attempts: job.max_attempts,
        unique_key: job.unique_key.as_deref(),
        serial_key: job.serial_key.as_deref(),
        realm_key: context.realm_key(),
        tenant_key: context.tenant_key(),
        org_key: context.org_key(),
        actor: context.actor(),
        request_id: context.request_id(),
        trace_id: context.trace_id(),
        enqueued_at: tx.now(),
    };
    store::insert_job(tx.conn(), &row).await
}
