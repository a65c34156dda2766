//! What an administrator does to a job: cancel it, or give a dead one another life.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_error::{DomainError, ProblemKind};
use athyper_kernel_types::{Id, JobId, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{JobState, RowError, store};

/// Code of an operation's error whose job was cancelled.
const CANCELLED: &str = "platform.cancelled";

/// Why a job was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No such job in this tenant.
    #[error("there is no such job")]
    NotFound,
    /// It cannot be cancelled any more.
    #[error("the job has ended: only one that waits or runs can be cancelled")]
    Ended,
    /// It cannot be replayed now.
    #[error("the job is {}: only one that is dead or cancelled can be replayed", .0.as_str())]
    NotReplayable(JobState),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DomainError for ControlError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "request.not_found",
            Self::Ended => "platform.job_ended",
            Self::NotReplayable(_) => "platform.job_not_replayable",
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound => ProblemKind::NotFound,
            Self::Ended | Self::NotReplayable(_) => ProblemKind::Conflict,
            Self::Database(error) => error.kind(),
        }
    }
}

/// Which dead jobs to replay; what is absent is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayFilter {
    /// Only of this type.
    pub job_type: Option<String>,
    /// Only of this queue.
    pub queue: Option<String>,
    /// Only those that died at or after this instant (UTC).
    pub died_from: Option<DateTime<Utc>>,
    /// Only those that died before this instant (UTC).
    pub died_before: Option<DateTime<Utc>>,
}

/// The error of an operation whose job was cancelled.
pub fn cancelled_error() -> RowError {
    RowError {
        row: None,
        column: None,
        code: CANCELLED.to_owned(),
        message: "the work was cancelled before it was done".to_owned(),
    }
}

/// Cancels a job. One that waits is cancelled at once, with its operation. One that runs is asked to stop: its worker
/// hears of it at its next heartbeat, drops the handler where it stands and records the end; until then the job counts
/// as running. What the handler has committed by then stays, and a job that ends by itself before is not cancelled.
///
/// # Errors
/// [`ControlError::NotFound`] and [`ControlError::Ended`]; or when the database does not answer.
pub async fn cancel_job(tx: &mut TenantTx, id: JobId) -> Result<JobState, ControlError> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    match cancel_on(tx.conn(), tenant, id, now).await? {
        Some(state) => Ok(state),
        None => {
            Err(if state_of(tx, id).await?.is_some() { ControlError::Ended } else { ControlError::NotFound })
        }
    }
}

/// What [`cancel_job`] does, for whoever knows the job by its tenant; `None` when it neither waits nor runs.
pub(crate) async fn cancel_on(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: JobId,
    now: DateTime<Utc>,
) -> Result<Option<JobState>, DbError> {
    let state: Option<String> = sqlx::query_scalar(
        "update jobs.job set state = case state when 'running' then state else 'cancelled' end, \
           finished_at = case state when 'running' then null else $3 end, \
           cancel_requested_at = coalesce(cancel_requested_at, $3) \
         where tenant_id = $1 and id = $2 and state in ('available', 'running') returning state",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(now)
    .fetch_optional(&mut *conn)
    .await?;
    let state = state.as_deref().map(JobState::parse).transpose()?;
    if state == Some(JobState::Cancelled) {
        store::fail_operation(conn, tenant, id, &[cancelled_error()], now).await?;
    }
    Ok(state)
}

/// Gives a dead or cancelled job all its attempts again, from now on. It keeps its id, its errors and its operation,
/// which is open again: whoever follows either finds them where they were.
///
/// # Errors
/// [`ControlError::NotFound`] and [`ControlError::NotReplayable`]; or when the database does not answer.
pub async fn replay_job(tx: &mut TenantTx, id: JobId) -> Result<(), ControlError> {
    match state_of(tx, id).await? {
        None => return Err(ControlError::NotFound),
        Some(JobState::Dead | JobState::Cancelled) => {}
        Some(state) => return Err(ControlError::NotReplayable(state)),
    }
    let tenant = tx.tenant_id().uuid();
    let now = tx.now();
    revive(tx.conn(), tenant, &[id.uuid()], now).await?;
    Ok(())
}

/// Replays the dead jobs that pass the filter, those that died first before the others and at most `limit` of them, and
/// gives their ids.
///
/// # Errors
/// When the database does not answer.
pub async fn replay_jobs(
    tx: &mut TenantTx,
    filter: &ReplayFilter,
    limit: i64,
) -> Result<Vec<JobId>, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from jobs.job where tenant_id = $1 and state = 'dead' and ($2::text is null or type = $2) \
           and ($3::timestamptz is null or finished_at >= $3) and ($4::timestamptz is null or finished_at < $4) \
           and ($6::text is null or queue = $6) order by finished_at, id limit $5 for no key update skip locked",
    )
    .bind(tenant)
    .bind(&filter.job_type)
    .bind(filter.died_from)
    .bind(filter.died_before)
    .bind(limit)
    .bind(&filter.queue)
    .fetch_all(tx.conn())
    .await?;
    revive(tx.conn(), tenant, &ids, now).await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

async fn revive(
    conn: &mut PgConnection,
    tenant: Uuid,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let queues: Vec<String> = sqlx::query_scalar(
        "with revived as (\
           update jobs.job set state = 'available', attempt = 0, run_at = $3, started_at = null, finished_at = null, \
             cancel_requested_at = null, parked = false \
           where tenant_id = $1 and id = any($2) and state in ('dead', 'cancelled') returning id, queue), \
         opened as (\
           update jobs.operation o set state = 'queued', done = 0, errors = '[]', finished_at = null from revived \
           where o.tenant_id = $1 and o.job_id = revived.id and o.state = 'failed') \
         select distinct queue from revived",
    )
    .bind(tenant)
    .bind(ids)
    .bind(now)
    .fetch_all(&mut *conn)
    .await?;
    for queue in queues {
        store::announce(conn, &queue).await?;
    }
    Ok(())
}

/// The job's state; its row is locked until the transaction ends.
async fn state_of(tx: &mut TenantTx, id: JobId) -> Result<Option<JobState>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let state: Option<String> =
        sqlx::query_scalar("select state from jobs.job where tenant_id = $1 and id = $2 for no key update")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    state.as_deref().map(JobState::parse).transpose()
}
