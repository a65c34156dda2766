//! Jobs beside the database: for work that needs no transaction, such as warming a cache.

use std::error::Error;

use async_trait::async_trait;
use athyper_kernel_telemetry::TraceContext;
use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Clock, JobId, TenantId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::NewJob;

/// A queue that is not in the database. A job pushed to it exists at once, whatever becomes of the transaction around;
/// it runs at least once, and its handler's transactions are not fenced by its lease.
#[async_trait]
pub trait SideQueue: Send + Sync {
    /// Puts the jobs on the queue and returns their ids, side by side.
    ///
    /// # Errors
    /// [`SideQueueError`]; then none was put on the queue.
    async fn push(&self, context: &TenantContext, jobs: Vec<NewJob>) -> Result<Vec<JobId>, SideQueueError>;
}

/// Why jobs were not put on the queue.
#[derive(Debug, thiserror::Error)]
pub enum SideQueueError {
    /// The job asks for what needs a transaction.
    #[error(
        "{0} has a unique key, a serial key, a limit or a priority: only the queue in the database knows these"
    )]
    NeedsDatabase(String),
    /// The queue does not answer.
    #[error("the queue does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// A job as it is stored beside the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SideJob {
    /// Id of the job.
    pub id: JobId,
    /// Name of its type.
    pub name: String,
    /// Name of its queue.
    pub queue: String,
    /// Its payload.
    pub payload: Value,
    /// Version of the payload's form.
    pub payload_version: i16,
    /// How often it is tried at most.
    pub max_attempts: i16,
    /// It runs not before this instant (UTC).
    pub run_at: Option<DateTime<Utc>>,
    /// Whose job it is.
    pub tenant_id: TenantId,
    /// Key of the realm.
    pub realm_key: String,
    /// Key of the tenant.
    pub tenant_key: String,
    /// Key of the organisation, if one was chosen.
    pub org_key: Option<String>,
    /// Who asked for it.
    pub actor: Actor,
    /// Id of the request that caused it.
    pub request_id: String,
    /// Id of the trace that it belongs to (W3C Trace Context).
    pub trace_id: Option<String>,
    /// Position in that trace.
    pub traceparent: Option<String>,
    /// What tracing systems add to the position.
    pub tracestate: Option<String>,
    /// When it was enqueued (UTC).
    pub enqueued_at: DateTime<Utc>,
}

impl SideJob {
    /// The job as this context puts it on the queue; it continues the trace of the work under way.
    ///
    /// # Errors
    /// [`SideQueueError::NeedsDatabase`] when the job asks for what such a queue does not have.
    pub fn new(context: &TenantContext, job: NewJob, clock: &Clock) -> Result<Self, SideQueueError> {
        if job.unique.is_some() || job.gate.is_some() || job.priority != 0 {
            return Err(SideQueueError::NeedsDatabase(job.name.into_owned()));
        }
        let trace = TraceContext::current();
        Ok(Self {
            id: JobId::new(clock),
            name: job.name.into_owned(),
            queue: job.queue.into_owned(),
            payload: job.payload,
            payload_version: job.version,
            max_attempts: job.max_attempts,
            run_at: job.run_at,
            tenant_id: context.tenant_id(),
            realm_key: context.realm_key().to_owned(),
            tenant_key: context.tenant_key().to_owned(),
            org_key: context.org_key().map(str::to_owned),
            actor: context.actor().clone(),
            request_id: context.request_id().to_owned(),
            trace_id: context.trace_id().map(str::to_owned).or(trace.as_ref().map(TraceContext::trace_id)),
            traceparent: trace.as_ref().map(TraceContext::traceparent),
            tracestate: trace.as_ref().and_then(TraceContext::tracestate).map(str::to_owned),
            enqueued_at: clock.now(),
        })
    }

    /// Where in its trace it was enqueued.
    pub fn trace(&self) -> Option<TraceContext> {
        TraceContext::from_headers(self.traceparent.as_deref()?, self.tracestate.as_deref())
    }
}
