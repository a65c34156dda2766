//! One run of one job: what its handler gets, and the fence that its transactions pass.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Database, DbError, TenantTx};
use athyper_kernel_telemetry::TraceContext;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::JobId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{JobError, store};

/// A job that this worker has claimed.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// Id of the job.
    pub id: JobId,
    /// Name of its type.
    pub name: String,
    /// Its payload.
    pub payload: Value,
    /// Which attempt this is, counted from 1 since the job last came further.
    pub attempt: i16,
    /// How many attempts it has.
    pub max_attempts: i16,
    /// Proof that this worker holds the job; another claim has another token.
    pub lease_token: Uuid,
    /// Whose job it is, by whom and from which request.
    pub context: TenantContext,
    /// Where in its trace the job was enqueued (W3C Trace Context), if that was traced.
    pub trace: Option<TraceContext>,
    /// Whether it is a row of the database, so that a transaction can hold its lease and end it.
    pub in_database: bool,
}

/// What a handler works with.
#[derive(Clone, Debug)]
pub struct JobRun {
    job: ClaimedJob,
    database: Database,
}

impl JobRun {
    /// A run of this job.
    pub fn new(job: ClaimedJob, database: Database) -> Self {
        Self { job, database }
    }

    /// Id of the job.
    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// Name of the job's type.
    pub fn name(&self) -> &str {
        &self.job.name
    }

    /// The payload as stored.
    pub fn payload(&self) -> &Value {
        &self.job.payload
    }

    /// Which attempt this is, counted from 1 since the job last came further.
    pub fn attempt(&self) -> i16 {
        self.job.attempt
    }

    /// Whose job it is.
    pub fn context(&self) -> &TenantContext {
        &self.job.context
    }

    /// Where in its trace the job was enqueued, if that was traced. The run itself is a child of it, and what it calls is
    /// told [`TraceContext::current`].
    pub fn trace(&self) -> Option<&TraceContext> {
        self.job.trace.as_ref()
    }

    /// The present time (UTC), by the clock that stamps rows.
    pub fn now(&self) -> DateTime<Utc> {
        self.database.clock().now()
    }

    /// Opens a transaction of the job's tenant. What it does is kept only by [`JobRun::commit`] or
    /// [`JobRun::complete`].
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn tx(&self) -> Result<TenantTx, DbError> {
        self.database.tenant_tx(&self.job.context).await
    }

    /// Opens a transaction that reads.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn read_tx(&self) -> Result<athyper_kernel_db::ReadTx, DbError> {
        self.database.read_tx(&self.job.context).await
    }

    /// Commits a step of the job, if this worker still holds it.
    ///
    /// The lease is checked last, by a statement that locks the job's row: whoever claims the job afterwards waits for
    /// this commit, and whoever claimed it before makes the check fail.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job; then nothing was kept.
    pub async fn commit(&self, mut tx: TenantTx, event: AuditEvent) -> Result<(), JobError> {
        self.check_in_database()?;
        if !store::hold(tx.conn(), &self.job).await? {
            return Err(JobError::LeaseLost);
        }
        Ok(tx.commit(event).await?)
    }

    /// Commits the last step and ends the job with success, in one transaction. An operation that the step did not end
    /// itself ends with it.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job; then nothing was kept.
    pub async fn complete(&self, mut tx: TenantTx, event: AuditEvent) -> Result<(), JobError> {
        self.check_in_database()?;
        let now = tx.now();
        if !store::succeed(tx.conn(), &self.job, now).await? {
            return Err(JobError::LeaseLost);
        }
        Ok(tx.commit(event).await?)
    }

    fn check_in_database(&self) -> Result<(), JobError> {
        if self.job.in_database {
            return Ok(());
        }
        Err(JobError::abort("the job is not in the database, so no transaction can hold its lease"))
    }
}
