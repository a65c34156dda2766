//! Table `jobs.schedule_run`: what became of each nominal time.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::{Id, JobId, ScheduleId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoredSchedule;

/// What brought a run about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The calendar.
    Schedule,
    /// Somebody asked for a run now.
    Manual,
    /// Somebody asked for the times of a range.
    Backfill,
}

/// What became of a nominal time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It made a job.
    Fired,
    /// It made a job that waits for an earlier one of the schedule.
    Buffered,
    /// It made none, because an earlier job had not ended.
    Skipped,
    /// It made none, because it came too late.
    Missed,
}

impl Trigger {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Manual => "manual",
            Self::Backfill => "backfill",
        }
    }
}

impl TryFrom<String> for Trigger {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let all = [Self::Schedule, Self::Manual, Self::Backfill];
        all.into_iter().find(|trigger| trigger.as_str() == word).ok_or_else(|| format!("trigger {word}"))
    }
}

impl Outcome {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Buffered => "buffered",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
        }
    }

    /// Whether it made a job.
    pub fn made_a_job(self) -> bool {
        matches!(self, Self::Fired | Self::Buffered)
    }
}

impl TryFrom<String> for Outcome {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let all = [Self::Fired, Self::Buffered, Self::Skipped, Self::Missed];
        all.into_iter().find(|outcome| outcome.as_str() == word).ok_or_else(|| format!("outcome {word}"))
    }
}

/// The id of a run.
pub type ScheduleRunId = Id<ScheduleRun>;

/// What became of a nominal time of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRun {
    /// Id.
    pub id: ScheduleRunId,
    /// The time by the calendar, or when the run was asked for (UTC).
    pub nominal_at: DateTime<Utc>,
    /// The last of the missed times that this entry stands for (UTC); absent when it stands for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through_at: Option<DateTime<Utc>>,
    /// What brought it about.
    pub trigger: Trigger,
    /// What became of it.
    pub outcome: Outcome,
    /// The job that it made; its path is `/v1/jobs/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
    /// When that was decided (UTC).
    pub fired_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    nominal_at: DateTime<Utc>,
    through_at: Option<DateTime<Utc>>,
    #[sqlx(try_from = "String")]
    trigger: Trigger,
    #[sqlx(try_from = "String")]
    outcome: Outcome,
    job_id: Option<Uuid>,
    fired_at: DateTime<Utc>,
}

impl From<Row> for ScheduleRun {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            nominal_at: row.nominal_at,
            through_at: row.through_at,
            trigger: row.trigger,
            outcome: row.outcome,
            job_id: row.job_id.map(Id::from_uuid),
            fired_at: row.fired_at,
        }
    }
}

/// The runs of a schedule, the latest nominal time first; `limit` of them, and behind the one at this place where that is
/// given.
///
/// # Errors
/// When the database does not answer.
pub async fn list_runs(
    tx: &mut impl TenantConnection,
    schedule: ScheduleId,
    before: Option<(DateTime<Utc>, ScheduleRunId)>,
    limit: i64,
) -> Result<Vec<ScheduleRun>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, nominal_at, through_at, trigger, outcome, job_id, fired_at from jobs.schedule_run \
         where tenant_id = $1 and schedule_id = $2 and ($3::timestamptz is null or (nominal_at, id) < ($3, $4)) \
         order by nominal_at desc, id desc limit $5",
    )
    .bind(tenant)
    .bind(schedule.uuid())
    .bind(before.map(|(nominal, _)| nominal))
    .bind(before.map(|(_, id)| id.uuid()))
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(ScheduleRun::from).collect())
}

/// What has become of a time of the calendar; `None` when nothing has, or when it was missed together with others.
pub(super) async fn outcome_of(
    conn: &mut PgConnection,
    schedule: &StoredSchedule,
    nominal: DateTime<Utc>,
) -> Result<Option<Outcome>, DbError> {
    let word: Option<String> = sqlx::query_scalar(
        "select outcome from jobs.schedule_run where tenant_id = $1 and schedule_id = $2 and nominal_at = $3 \
         and trigger <> 'manual' and through_at is null",
    )
    .bind(schedule.tenant_id)
    .bind(schedule.id)
    .bind(nominal)
    .fetch_optional(conn)
    .await?;
    word.map(|word| Outcome::try_from(word).map_err(DbError::Corrupt)).transpose()
}

/// Records a run. A time of the calendar that made no job may get one later; one that has made a job keeps it, and so
/// does its record: false then.
pub(super) async fn record(
    conn: &mut PgConnection,
    schedule: &StoredSchedule,
    run: &ScheduleRun,
) -> Result<bool, DbError> {
    let recorded = sqlx::query(
        "insert into jobs.schedule_run as present (tenant_id, id, schedule_id, nominal_at, through_at, trigger, outcome, \
           job_id, fired_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         on conflict (tenant_id, schedule_id, nominal_at) where trigger <> 'manual' and through_at is null \
         do update set trigger = excluded.trigger, outcome = excluded.outcome, job_id = excluded.job_id, \
           fired_at = excluded.fired_at \
         where present.job_id is null and excluded.job_id is not null",
    )
    .bind(schedule.tenant_id)
    .bind(run.id.uuid())
    .bind(schedule.id)
    .bind(run.nominal_at)
    .bind(run.through_at)
    .bind(run.trigger.as_str())
    .bind(run.outcome.as_str())
    .bind(run.job_id.map(Id::uuid))
    .bind(run.fired_at)
    .execute(conn)
    .await?;
    Ok(recorded.rows_affected() == 1)
}
