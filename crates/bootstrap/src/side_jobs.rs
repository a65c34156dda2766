//! Jobs that need no transaction: on Redis where one is configured, else in the database like all others.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_adapter_queue::RedisQueue;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Database, DbError};
use athyper_kernel_jobs::{NewJob, SideJob, SideQueue, SideQueueError, enqueue_many};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, JobId};
use secrecy::SecretString;

use crate::error::StartError;

/// Where such jobs are put.
pub(crate) struct SideJobs {
    /// What domains put them on.
    pub(crate) queue: Arc<dyn SideQueue>,
    /// The queue on Redis, for the worker that empties it.
    pub(crate) redis: Option<RedisQueue>,
}

impl SideJobs {
    /// On this Redis; in the database where there is none, which only env `local` allows.
    pub(crate) fn new(
        redis: Option<&SecretString>,
        database: &Database,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let redis = redis.map(|url| RedisQueue::new(url, clock.clone())).transpose()?;
        let queue: Arc<dyn SideQueue> = match &redis {
            Some(queue) => Arc::new(queue.clone()),
            None => Arc::new(InDatabase(database.clone())),
        };
        Ok(Self { queue, redis })
    }
}

/// The queue in the database, which takes no more than the one on Redis does: what works on a developer's machine works
/// everywhere.
struct InDatabase(Database);

#[async_trait]
impl SideQueue for InDatabase {
    async fn push(&self, context: &TenantContext, jobs: Vec<NewJob>) -> Result<Vec<JobId>, SideQueueError> {
        for job in &jobs {
            SideJob::new(context, job.clone(), self.0.clock())?;
        }
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let away = |error: DbError| SideQueueError::Unavailable(Box::new(error));
        let event = AuditEvent::info("platform.jobs_enqueued").with("jobs", jobs.len());
        let mut tx = self.0.tenant_tx(context).await.map_err(away)?;
        let ids = enqueue_many(&mut tx, jobs).await.map_err(away)?;
        tx.commit(event).await.map_err(away)?;
        Ok(ids)
    }
}
