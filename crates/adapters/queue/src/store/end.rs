//! Ends the run of a job: with success, back to the queue, or parked as dead.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use athyper_kernel_db::DbError;
use athyper_kernel_jobs::{RowError, cancelled_error, store};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Held;

/// How a job goes back to the queue.
#[derive(Debug)]
pub(crate) struct Back<'a> {
    /// Runs again after this time.
    pub(crate) delay: Duration,
    /// Whether the attempt counts.
    pub(crate) counted: bool,
    /// What went wrong, if anything.
    pub(crate) error: Option<&'a str>,
}

/// What became of a job that was to go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// It waits.
    Waits,
    /// It was to stop, so it is cancelled.
    Cancelled,
    /// The lease was lost, so nothing changed.
    LeaseLost,
}

/// Which attempt the job is at, locked until the transaction ends; `None` when the lease was lost.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn stored_attempt(conn: &mut PgConnection, job: &Held) -> Result<Option<i16>, DbError> {
    Ok(sqlx::query_scalar(
        "select attempt from jobs.job where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' \
         for no key update",
    )
    .bind(job.tenant.uuid())
    .bind(job.id.uuid())
    .bind(job.token)
    .fetch_optional(conn)
    .await?)
}

/// Puts the job back, or ends it when it was to stop.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn put_back(
    conn: &mut PgConnection,
    job: &Held,
    back: &Back<'_>,
) -> Result<Returned, DbError> {
    let changed: Option<Option<DateTime<Utc>>> = sqlx::query_scalar(
        "update jobs.job set run_at = clock_timestamp() + make_interval(secs => $4), \
         state = case when cancel_requested_at is null then 'available' else 'cancelled' end, \
         finished_at = case when cancel_requested_at is not null then clock_timestamp() end, \
         attempt = attempt - $5, lease_token = null, leased_until = null, parked = false, \
         errors = case when $6::text is null then errors else errors || jsonb_build_array(jsonb_build_object(\
           'at', clock_timestamp(), 'attempt', attempt, 'message', $6::text)) end \
         where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' returning finished_at",
    )
    .bind(job.tenant.uuid())
    .bind(job.id.uuid())
    .bind(job.token)
    .bind(back.delay.as_secs_f64())
    .bind(i16::from(!back.counted))
    .bind(back.error)
    .fetch_optional(&mut *conn)
    .await?;
    match changed {
        None => Ok(Returned::LeaseLost),
        Some(Some(finished_at)) => {
            store::fail_operation(conn, job.tenant, job.id, &[cancelled_error()], finished_at).await?;
            Ok(Returned::Cancelled)
        }
        Some(None) => {
            if back.delay.is_zero() {
                store::announce(conn, &job.queue).await?;
            }
            Ok(Returned::Waits)
        }
    }
}

/// Puts jobs back that have not started, without a lost attempt and in the place where they were, and gives the tokens of those
/// that are. One that was to stop is left as it is.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn release(conn: &mut PgConnection, jobs: &[&Held]) -> Result<HashSet<Uuid>, DbError> {
    let tenants: Vec<Uuid> = jobs.iter().map(|job| job.tenant.uuid()).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id.uuid()).collect();
    let tokens: Vec<Uuid> = jobs.iter().map(|job| job.token).collect();
    let released: Vec<Uuid> = sqlx::query_scalar(
        "update jobs.job j set state = 'available', attempt = attempt - 1, lease_token = null, leased_until = null \
         from (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as w(tenant_id, id, token) \
           limit cardinality($3::uuid[])) w \
         where j.tenant_id = w.tenant_id and j.id = w.id and j.lease_token = w.token \
           and j.cancel_requested_at is null returning w.token",
    )
    .bind(tenants)
    .bind(ids)
    .bind(tokens)
    .fetch_all(&mut *conn)
    .await?;
    let released: HashSet<Uuid> = released.into_iter().collect();
    let kept = jobs.iter().filter(|job| released.contains(&job.token));
    let queues: BTreeSet<&str> = kept.map(|job| job.queue.as_str()).collect();
    store::announce_all(conn, &queues.into_iter().collect::<Vec<_>>()).await?;
    Ok(released)
}

/// Ends a job that was to stop, and its operation; false when the lease was lost.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn cancel(conn: &mut PgConnection, job: &Held) -> Result<bool, DbError> {
    let changed = sqlx::query_scalar(
        "update jobs.job set state = 'cancelled', finished_at = clock_timestamp(), lease_token = null, \
         leased_until = null \
         where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' returning finished_at",
    )
    .bind(job.tenant.uuid())
    .bind(job.id.uuid())
    .bind(job.token)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(finished_at) = changed else {
        return Ok(false);
    };
    store::fail_operation(conn, job.tenant, job.id, &[cancelled_error()], finished_at).await?;
    Ok(true)
}

/// Parks the job as dead and fails its operation with `operation_errors`; false when the lease was lost. `rows` are
/// kept with the message in the job's own list of errors.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn bury(
    conn: &mut PgConnection,
    job: &Held,
    message: &str,
    rows: &[RowError],
    operation_errors: &[RowError],
) -> Result<bool, DbError> {
    let details =
        if rows.is_empty() { Value::Object(Map::new()) } else { serde_json::json!({ "rows": rows }) };
    let changed = sqlx::query_scalar(
        "update jobs.job set state = 'dead', finished_at = clock_timestamp(), lease_token = null, leased_until = null, \
         errors = errors || jsonb_build_array(jsonb_build_object(\
           'at', clock_timestamp(), 'attempt', attempt, 'message', $4::text) || $5::jsonb) \
         where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' returning finished_at",
    )
    .bind(job.tenant.uuid())
    .bind(job.id.uuid())
    .bind(job.token)
    .bind(message)
    .bind(Json(details))
    .fetch_optional(&mut *conn)
    .await?;
    let Some(finished_at) = changed else {
        return Ok(false);
    };
    store::fail_operation(conn, job.tenant, job.id, operation_errors, finished_at).await?;
    Ok(true)
}

/// Ends these jobs with success, and with them the operations that are still open, and gives the tokens of those that
/// have succeeded: by this statement, or because the handler has completed its job itself. Who has a token runs (`job_lease`).
///
/// The limit is that of the list itself. It has the planner count on few rows, so that it finds each by its key, as do the
/// other statements over lists of jobs.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn succeed(conn: &mut PgConnection, jobs: &[&Held]) -> Result<HashSet<Uuid>, DbError> {
    let tenants: Vec<Uuid> = jobs.iter().map(|job| job.tenant.uuid()).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id.uuid()).collect();
    let tokens: Vec<Uuid> = jobs.iter().map(|job| job.token).collect();
    let succeeded: Vec<Uuid> = sqlx::query_scalar(
        "with wanted as (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as w(tenant_id, id, token) \
           limit cardinality($3::uuid[])), \
         ended as (\
           update jobs.job j set state = 'succeeded', lease_token = null, leased_until = null, \
             finished_at = clock_timestamp() \
           from wanted w where j.tenant_id = w.tenant_id and j.id = w.id and j.lease_token = w.token \
           returning j.tenant_id, j.id, j.finished_at, w.token), \
         closed as (\
           update jobs.operation o set state = 'succeeded', finished_at = ended.finished_at from ended \
           where o.tenant_id = ended.tenant_id and o.job_id = ended.id and o.state in ('queued', 'running')) \
         select token from ended \
         union all \
         select w.token from wanted w join jobs.job j on j.tenant_id = w.tenant_id and j.id = w.id \
         where w.token not in (select token from ended) and j.state = 'succeeded'",
    )
    .bind(tenants)
    .bind(ids)
    .bind(tokens)
    .fetch_all(conn)
    .await?;
    Ok(succeeded.into_iter().collect())
}
