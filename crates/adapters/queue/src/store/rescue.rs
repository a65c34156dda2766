//! Takes jobs from workers that were lost.

use athyper_kernel_db::DbError;
use athyper_kernel_jobs::{RowError, cancelled_error, store};
use athyper_kernel_types::{Id, JobId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A job whose lease had run out.
#[derive(Debug)]
pub(crate) struct Rescued {
    /// Its id.
    pub(crate) id: JobId,
    /// Name of its type.
    pub(crate) name: String,
    /// Name of its queue.
    pub(crate) queue: String,
    /// The worker that had it.
    pub(crate) worker_id: String,
    /// Where it is now.
    pub(crate) fate: Fate,
}

/// What became of a lost job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It waits for another worker.
    Waits,
    /// Its attempts were used up.
    Dead,
    /// It was to stop.
    Cancelled,
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    #[sqlx(rename = "type")]
    name: String,
    queue: String,
    leased_by: String,
    state: String,
    finished_at: Option<DateTime<Utc>>,
}

/// Takes at most `limit` jobs whose lease has run out: back to the queue, cancelled when they were to stop, or dead when
/// their attempts are used up; then their operation fails with `operation_error`.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn rescue(
    conn: &mut PgConnection,
    limit: i64,
    message: &str,
    operation_error: &RowError,
) -> Result<Vec<Rescued>, DbError> {
    let rows: Vec<Row> = sqlx::query_as(
        "with lost as (\
           select tenant_id, id from jobs.job where state = 'running' and leased_until < now() \
           order by leased_until limit $1 for no key update skip locked) \
         update jobs.job j set \
           state = case when cancel_requested_at is not null then 'cancelled' \
             when attempt >= max_attempts then 'dead' else 'available' end, \
           finished_at = case when cancel_requested_at is not null or attempt >= max_attempts then now() end, \
           run_at = now(), lease_token = null, leased_until = null, \
           errors = errors || jsonb_build_array(jsonb_build_object('at', now(), 'attempt', attempt, 'message', $2::text)) \
         from lost where j.tenant_id = lost.tenant_id and j.id = lost.id \
         returning j.tenant_id, j.id, type, queue, coalesce(leased_by, '') as leased_by, state, finished_at",
    )
    .bind(limit)
    .bind(message)
    .fetch_all(&mut *conn)
    .await?;
    let mut rescued = Vec::with_capacity(rows.len());
    for row in rows {
        let (tenant, id) = (Id::from_uuid(row.tenant_id), Id::from_uuid(row.id));
        let fate = match row.state.as_str() {
            "dead" => Fate::Dead,
            "cancelled" => Fate::Cancelled,
            _ => Fate::Waits,
        };
        if let Some(finished_at) = row.finished_at {
            let error = if fate == Fate::Cancelled { cancelled_error() } else { operation_error.clone() };
            store::fail_operation(conn, tenant, id, &[error], finished_at).await?;
        } else {
            store::announce(conn, &row.queue).await?;
        }
        rescued.push(Rescued { id, name: row.name, queue: row.queue, worker_id: row.leased_by, fate });
    }
    Ok(rescued)
}
