//! Claims due jobs.

use std::time::Duration;

use athyper_kernel_db::DbError;
use athyper_kernel_tenant_context::{Actor, ActorKind};
use athyper_kernel_types::{Id, PLATFORM_TENANT};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Held;
use crate::JobOrigin;

/// What a worker asks for.
#[derive(Debug)]
pub(crate) struct ClaimRequest<'a> {
    /// Names of the types it can run.
    pub(crate) types: &'a [String],
    /// How many jobs at most.
    pub(crate) limit: usize,
    /// For how long it holds them.
    pub(crate) lease: Duration,
    /// Its name.
    pub(crate) worker_id: &'a str,
}

/// A job just claimed.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ClaimedRow {
    tenant_id: Uuid,
    id: Uuid,
    #[sqlx(rename = "type")]
    pub(crate) name: String,
    queue: String,
    pub(crate) payload: Value,
    pub(crate) attempt: i16,
    pub(crate) max_attempts: i16,
    lease_token: Uuid,
    serial: bool,
    realm_key: String,
    tenant_key: String,
    org_key: Option<String>,
    actor_kind: String,
    actor_id: String,
    request_id: String,
    trace_id: Option<String>,
}

impl ClaimedRow {
    /// What fences statements on it.
    pub(crate) fn held(&self) -> Held {
        Held {
            tenant: Id::from_uuid(self.tenant_id),
            id: Id::from_uuid(self.id),
            token: self.lease_token,
            queue: self.queue.clone(),
            serial: self.serial,
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
}

/// Claims due jobs of the types asked for, in the order of priority, due time and position.
///
/// A job with a serial key is left alone while a job of its key runs or an earlier one waits. Transactions that commit
/// out of order could slip through between two claims; then the unique index on the running job of a key refuses the
/// later claim as a whole, and it is to be made again.
///
/// # Errors
/// When the database does not answer, or [`DbError::Constraint`] in the case above.
pub(crate) async fn claim(
    conn: &mut PgConnection,
    request: &ClaimRequest<'_>,
) -> Result<Vec<ClaimedRow>, DbError> {
    let rows = sqlx::query_as(
        "with due as (\
           select j.tenant_id, j.id from jobs.job j \
           where j.state = 'available' and j.run_at <= now() and j.type = any($1) \
             and not exists (select 1 from jobs.queue_state paused where paused.queue = j.queue \
               and paused.tenant_id in (j.tenant_id, $5)) \
             and (j.serial_key is null or (\
               not exists (select 1 from jobs.job other where other.tenant_id = j.tenant_id \
                 and other.serial_key = j.serial_key and other.state = 'running') \
               and not exists (select 1 from jobs.job other where other.tenant_id = j.tenant_id \
                 and other.serial_key = j.serial_key and other.state = 'available' \
                 and other.position < j.position))) \
           order by j.priority, j.run_at, j.position limit $2 \
           for no key update of j skip locked), \
         claimed as (\
           update jobs.job j set state = 'running', attempt = j.attempt + 1, lease_token = gen_random_uuid(), \
             leased_until = clock_timestamp() + make_interval(secs => $3), leased_by = $4, \
             started_at = coalesce(j.started_at, now()) \
           from due where j.tenant_id = due.tenant_id and j.id = due.id returning j.*) \
         select tenant_id, id, type, queue, payload, attempt, max_attempts, lease_token, \
           serial_key is not null as serial, realm_key, tenant_key, org_key, actor_kind, actor_id, request_id, trace_id \
         from claimed order by priority, run_at, position",
    )
    .bind(request.types)
    .bind(i64::try_from(request.limit).unwrap_or(i64::MAX))
    .bind(request.lease.as_secs_f64())
    .bind(request.worker_id)
    .bind(PLATFORM_TENANT.uuid())
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
