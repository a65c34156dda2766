//! The SQL by which a job comes into being and ends with success. Every statement on a running job names the lease
//! token: a worker that lost its lease changes nothing.

use athyper_kernel_db::DbError;
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::{Id, JobId, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{ClaimedJob, RowError, WAKE_CHANNEL};

/// A job as it is written to its table.
#[derive(Clone, Copy, Debug)]
pub struct NewJobRow<'a> {
    /// Whose job it is.
    pub tenant: TenantId,
    /// Its id.
    pub id: JobId,
    /// Name of its type.
    pub name: &'a str,
    /// Name of its queue.
    pub queue: &'a str,
    /// Its payload.
    pub payload: &'a Value,
    /// Version of the payload's form.
    pub payload_version: i16,
    /// A smaller number runs first; 0 is ordinary.
    pub priority: i16,
    /// Runs not before this instant (UTC); absent means at once, by the database's clock.
    pub run_at: Option<DateTime<Utc>>,
    /// How often it is tried.
    pub max_attempts: i16,
    /// At most one job of its type has this key in the tenant.
    pub unique_key: Option<&'a str>,
    /// Jobs of the tenant with the same key run one after the other.
    pub serial_key: Option<&'a str>,
    /// Key of the realm.
    pub realm_key: &'a str,
    /// Key of the tenant.
    pub tenant_key: &'a str,
    /// Key of the organisation, if one was chosen.
    pub org_key: Option<&'a str>,
    /// Who asked for it.
    pub actor: &'a Actor,
    /// Id of the request that caused it.
    pub request_id: &'a str,
    /// Id of the trace that it belongs to (W3C Trace Context).
    pub trace_id: Option<&'a str>,
    /// When it was enqueued (UTC).
    pub enqueued_at: DateTime<Utc>,
}

/// Writes a job and announces it, and returns its id; where a job with its unique key exists already, that one's id.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_job(conn: &mut PgConnection, job: &NewJobRow<'_>) -> Result<JobId, DbError> {
    let inserted: Option<Uuid> = sqlx::query_scalar(
        "insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, priority, run_at, max_attempts, \
         unique_key, serial_key, realm_key, tenant_key, org_key, actor_kind, actor_id, request_id, trace_id, \
         enqueued_at) \
         values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()), $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19) \
         on conflict (tenant_id, type, unique_key) where unique_key is not null do nothing returning id",
    )
    .bind(job.tenant.uuid())
    .bind(job.id.uuid())
    .bind(job.name)
    .bind(job.queue)
    .bind(job.payload)
    .bind(job.payload_version)
    .bind(job.priority)
    .bind(job.run_at)
    .bind(job.max_attempts)
    .bind(job.unique_key)
    .bind(job.serial_key)
    .bind(job.realm_key)
    .bind(job.tenant_key)
    .bind(job.org_key)
    .bind(job.actor.kind.as_str())
    .bind(&job.actor.id)
    .bind(job.request_id)
    .bind(job.trace_id)
    .bind(job.enqueued_at)
    .fetch_optional(&mut *conn)
    .await?;
    if inserted.is_some() {
        announce(conn, job.queue).await?;
        return Ok(job.id);
    }
    let existing: Uuid =
        sqlx::query_scalar("select id from jobs.job where tenant_id = $1 and type = $2 and unique_key = $3")
            .bind(job.tenant.uuid())
            .bind(job.name)
            .bind(job.unique_key)
            .fetch_one(conn)
            .await?;
    Ok(Id::from_uuid(existing))
}

/// Tells workers that a job of this queue can be claimed. It is delivered when the transaction commits; several in one
/// transaction arrive as one.
///
/// # Errors
/// When the database does not answer.
pub async fn announce(conn: &mut PgConnection, queue: &str) -> Result<(), DbError> {
    sqlx::query("select pg_notify($1, $2)").bind(WAKE_CHANNEL).bind(queue).execute(conn).await?;
    Ok(())
}

/// Whether this worker holds the job; locks its row until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn hold(conn: &mut PgConnection, job: &ClaimedJob) -> Result<bool, DbError> {
    let held: Option<i32> = sqlx::query_scalar(
        "select 1 from jobs.job where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' \
         for no key update",
    )
    .bind(job.context.tenant_id().uuid())
    .bind(job.id.uuid())
    .bind(job.lease_token)
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

/// Ends the job with success, and with it an operation that is still open; false when the lease was lost.
///
/// # Errors
/// When the database does not answer.
pub async fn succeed(conn: &mut PgConnection, job: &ClaimedJob, now: DateTime<Utc>) -> Result<bool, DbError> {
    let ended: Option<Uuid> = sqlx::query_scalar(
        "with ended as (\
           update jobs.job set state = 'succeeded', lease_token = null, leased_until = null, finished_at = $4 \
           where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' returning tenant_id, id), \
         closed as (\
           update jobs.operation o set state = 'succeeded', finished_at = $4 from ended \
           where o.tenant_id = ended.tenant_id and o.job_id = ended.id and o.state in ('queued', 'running')) \
         select id from ended",
    )
    .bind(job.context.tenant_id().uuid())
    .bind(job.id.uuid())
    .bind(job.lease_token)
    .bind(now)
    .fetch_optional(conn)
    .await?;
    Ok(ended.is_some())
}

/// Ends the operation of a job without success.
///
/// # Errors
/// When the database does not answer.
pub async fn fail_operation(
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobId,
    errors: &[RowError],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query(
        "update jobs.operation set state = 'failed', errors = $3, finished_at = $4 \
         where tenant_id = $1 and job_id = $2 and state in ('queued', 'running')",
    )
    .bind(tenant.uuid())
    .bind(job.uuid())
    .bind(Json(errors))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
