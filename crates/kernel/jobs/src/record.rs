//! Jobs as an administrator sees them: a list with filters, and one job with all its errors.

use athyper_kernel_audit::redact_value;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_telemetry::redact_text;
use athyper_kernel_types::{Id, JobId, OperationId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::operation::operation_of;
use crate::{OperationState, RowError};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker.
    Available,
    /// A worker is at it.
    Running,
    /// Done.
    Succeeded,
    /// Given up: its attempts are used up, or its handler said that trying again cannot help.
    Dead,
    /// Taken back before it was done.
    Cancelled,
}

impl JobState {
    /// The word for it in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(word: &str) -> Result<Self, DbError> {
        [Self::Available, Self::Running, Self::Succeeded, Self::Dead, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| DbError::Corrupt(format!("job state {word}")))
    }
}

/// A job, without its payload, which may hold what an administrator has no business to see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobRecord {
    /// Id; the path of the job is `/v1/jobs/{id}`.
    pub id: JobId,
    /// Name of its type.
    #[serde(rename = "type")]
    pub job_type: String,
    /// Name of its queue.
    pub queue: String,
    /// Where it stands.
    pub state: JobState,
    /// A smaller number runs first; 0 is ordinary.
    pub priority: i16,
    /// How often it was tried since it was enqueued or replayed.
    pub attempt: i16,
    /// How often it is tried at most.
    pub max_attempts: i16,
    /// It runs not before this instant (UTC).
    pub run_at: DateTime<Utc>,
    /// When it was enqueued (UTC).
    pub enqueued_at: DateTime<Utc>,
    /// When it was first claimed (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was asked to stop (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// Key that makes it the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// Jobs of this key run one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_key: Option<String>,
    /// Of the jobs of this key at most `limitMax` run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_key: Option<String>,
    /// How many jobs of its limit key run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_max: Option<i16>,
    /// Who asked for it.
    pub actor: String,
    /// Id of the request that caused it.
    pub request_id: String,
    /// How often it failed.
    pub failures: i64,
    /// What went wrong the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// A job with its payload and what went wrong, attempt by attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub job: JobRecord,
    /// One entry for each failed attempt, oldest first; kept when the job is replayed.
    pub errors: Vec<AttemptError>,
    /// How far its operation is, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<JobProgress>,
    /// Its payload, without secrets.
    #[schema(value_type = Object)]
    pub payload: Value,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobProgress {
    /// Id of the operation that follows the job.
    pub operation_id: OperationId,
    /// Where it stands.
    pub state: OperationState,
    /// Units done so far.
    pub done: i64,
    /// Units in all, once that is known.
    pub total: Option<i64>,
}

/// Why one attempt failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttemptError {
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// Which attempt, counted from 1.
    pub attempt: i16,
    /// What went wrong, for operators.
    pub message: String,
    /// The rows of the input that were wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowError>,
}

/// Which jobs to list; what is absent is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only of this type.
    pub job_type: Option<String>,
    /// Only of this queue.
    pub queue: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    job_type: String,
    queue: String,
    state: String,
    priority: i16,
    attempt: i16,
    max_attempts: i16,
    run_at: DateTime<Utc>,
    enqueued_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    cancel_requested_at: Option<DateTime<Utc>>,
    unique_key: Option<String>,
    serial_key: Option<String>,
    limit_key: Option<String>,
    limit_max: Option<i16>,
    actor_id: String,
    request_id: String,
    failures: i64,
    last_error: Option<String>,
}

impl TryFrom<Row> for JobRecord {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: Id::from_uuid(row.id),
            job_type: row.job_type,
            queue: row.queue,
            state: JobState::parse(&row.state)?,
            priority: row.priority,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            run_at: row.run_at,
            enqueued_at: row.enqueued_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            cancel_requested_at: row.cancel_requested_at,
            unique_key: row.unique_key,
            serial_key: row.serial_key,
            limit_key: row.limit_key,
            limit_max: row.limit_max,
            actor: row.actor_id,
            request_id: row.request_id,
            failures: row.failures,
            last_error: row.last_error.map(|message| redact_text(&message).into_owned()),
        })
    }
}

/// The tenant's jobs that pass the filter, newest first, `limit` of them and older than `before` where that is given.
///
/// # Errors
/// When the database does not answer.
pub async fn list_jobs(
    tx: &mut impl TenantConnection,
    filter: &JobFilter,
    before: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobRecord>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, type as job_type, queue, state, priority, attempt, max_attempts, run_at, enqueued_at, started_at, \
           finished_at, cancel_requested_at, unique_key, serial_key, limit_key, limit_max, actor_id, \
           request_id, \
           jsonb_array_length(errors)::bigint as failures, errors -> -1 ->> 'message' as last_error \
         from jobs.job where tenant_id = $1 and ($2::uuid is null or id < $2) and ($3::text is null or state = $3) \
           and ($4::text is null or type = $4) and ($5::text is null or queue = $5) \
         order by id desc limit $6",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(filter.state.map(JobState::as_str))
    .bind(&filter.job_type)
    .bind(&filter.queue)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(JobRecord::try_from).collect()
}

/// The job with this id, all its errors and its payload, if the tenant has it. Secrets are taken out by the rules of the
/// log.
///
/// # Errors
/// When the database does not answer.
pub async fn find_job(tx: &mut impl TenantConnection, id: JobId) -> Result<Option<JobDetail>, DbError> {
    #[derive(sqlx::FromRow)]
    struct Whole {
        #[sqlx(flatten)]
        row: Row,
        errors: Json<Vec<AttemptError>>,
        payload: Value,
    }

    let tenant = tx.tenant_id().uuid();
    let found: Option<Whole> = sqlx::query_as(
        "select id, type as job_type, queue, state, priority, attempt, max_attempts, run_at, enqueued_at, started_at, \
           finished_at, cancel_requested_at, unique_key, serial_key, limit_key, limit_max, actor_id, \
           request_id, \
           jsonb_array_length(errors)::bigint as failures, errors -> -1 ->> 'message' as last_error, errors, payload \
         from jobs.job where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(Whole { row, errors: Json(mut errors), mut payload }) = found else { return Ok(None) };
    for error in &mut errors {
        error.message = redact_text(&error.message).into_owned();
    }
    redact_value(&mut payload);
    let progress = operation_of(tx, id).await?.map(|operation| JobProgress {
        operation_id: operation.id,
        state: operation.state,
        done: operation.done,
        total: operation.total,
    });
    Ok(Some(JobDetail { job: row.try_into()?, errors, progress, payload }))
}
