//! Claims jobs that were found and admitted.

use std::time::Duration;

use athyper_kernel_db::DbError;
use athyper_kernel_telemetry::TraceContext;
use athyper_kernel_tenant_context::{Actor, ActorKind};
use athyper_kernel_types::Id;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Candidate, Held};
use crate::JobOrigin;

/// A job just claimed.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ClaimedRow {
    tenant_id: Uuid,
    id: Uuid,
    #[sqlx(rename = "type")]
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) payload: Value,
    pub(crate) attempt: i16,
    pub(crate) max_attempts: i16,
    lease_token: Uuid,
    gated: bool,
    waited_seconds: f64,
    realm_key: String,
    tenant_key: String,
    org_key: Option<String>,
    actor_kind: String,
    actor_id: String,
    request_id: String,
    trace_id: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
}

impl ClaimedRow {
    /// What fences statements on it.
    pub(crate) fn held(&self) -> Held {
        Held {
            tenant: Id::from_uuid(self.tenant_id),
            id: Id::from_uuid(self.id),
            token: self.lease_token,
            queue: self.queue.clone(),
            gated: self.gated,
        }
    }

    /// Where it comes from; `None` when its actor is of a kind that this version does not know.
    pub(crate) fn origin(&self) -> Option<JobOrigin> {
        Some(JobOrigin {
            tenant_id: Id::from_uuid(self.tenant_id),
            realm_key: self.realm_key.clone(),
            tenant_key: self.tenant_key.clone(),
            org_key: self.org_key.clone(),
            actor: Actor { kind: ActorKind::parse(&self.actor_kind)?, id: self.actor_id.clone() },
            request_id: self.request_id.clone(),
            trace_id: self.trace_id.clone(),
        })
    }

    /// How long it was due before it was claimed.
    pub(crate) fn waited(&self) -> Duration {
        Duration::try_from_secs_f64(self.waited_seconds).unwrap_or_default()
    }

    /// Where in its trace it was enqueued.
    pub(crate) fn trace(&self) -> Option<TraceContext> {
        TraceContext::from_headers(self.traceparent.as_deref()?, self.tracestate.as_deref())
    }
}

/// Claims these jobs, which the transaction has locked and found to be due, in their order.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn claim(
    conn: &mut PgConnection,
    jobs: &[&Candidate],
    lease: Duration,
    worker_id: &str,
) -> Result<Vec<ClaimedRow>, DbError> {
    let tenants: Vec<Uuid> = jobs.iter().map(|job| job.tenant_id).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    let tokens: Vec<Uuid> = jobs.iter().map(|_| Uuid::new_v4()).collect();
    let rows = sqlx::query_as(
        "with wanted as (\
           select * from unnest($1::uuid[], $2::uuid[], $5::uuid[]) with ordinality as w(tenant_id, id, token, place) \
             limit cardinality($2::uuid[])), \
         claimed as (\
           update jobs.job j set state = 'running', attempt = j.attempt + 1, lease_token = w.token, \
             leased_until = clock_timestamp() + make_interval(secs => $3), leased_by = $4, \
             started_at = coalesce(j.started_at, now()) \
           from wanted w where j.tenant_id = w.tenant_id and j.id = w.id and j.state = 'available' \
           returning j.tenant_id, j.id, j.type, j.queue, j.payload, j.attempt, j.max_attempts, j.lease_token, \
             j.gate is not null as gated, \
             greatest(extract(epoch from clock_timestamp() - j.run_at), 0)::float8 as waited_seconds, j.realm_key, \
             j.tenant_key, j.org_key, j.actor_kind, j.actor_id, j.request_id, j.trace_id, j.traceparent, j.tracestate, \
             w.place) \
         select tenant_id, id, type, queue, payload, attempt, max_attempts, lease_token, gated, waited_seconds, realm_key, \
           tenant_key, org_key, actor_kind, actor_id, request_id, trace_id, traceparent, tracestate \
         from claimed order by place",
    )
    .bind(tenants)
    .bind(ids)
    .bind(lease.as_secs_f64())
    .bind(worker_id)
    .bind(tokens)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
