//! Fires one nominal time of a schedule: overlap policy, job and record, in the transaction that holds the schedule's row.

use athyper_kernel_db::DbError;
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::{Clock, Id, Job, JobId, ScheduleId};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Outcome, Overlap, ScheduleRun, StoredSchedule, Trigger, history};
use crate::control::cancel_on;
use crate::store::{self, JobCause};
use crate::{NewJob, UniqueFor};

/// How long the key of a nominal time is kept. The next time, stored with the job, and the record of the run are what
/// keep a time from firing twice; the key is one lock more.
const KEY_LASTS: TimeDelta = TimeDelta::days(7);

/// Makes the job of this nominal time, unless the overlap policy or an earlier run of the same time is against it, and
/// records what came of it. `None` when the time of the calendar has had its job.
///
/// The caller holds the schedule's row, so what is seen of its jobs and runs here stays so until the commit, but for jobs
/// that end. `clock` gives the ids their time and nothing else; `now` is by the database's clock.
///
/// # Errors
/// When the database does not answer, or the row holds what this version cannot read.
pub async fn fire(
    conn: &mut PgConnection,
    clock: &Clock,
    schedule: &StoredSchedule,
    nominal: DateTime<Utc>,
    (trigger, overlap): (Trigger, Overlap),
    now: DateTime<Utc>,
) -> Result<Option<ScheduleRun>, DbError> {
    if trigger != Trigger::Manual {
        let before = history::outcome_of(conn, schedule, nominal).await?;
        if before.is_some_and(Outcome::made_a_job) {
            return Ok(None);
        }
    }
    let outcome = overlapped(conn, schedule, overlap, now).await?;
    let job_id = match outcome {
        Outcome::Fired | Outcome::Buffered => {
            let id = Id::new(clock);
            let job = job(schedule, nominal, (trigger, overlap), now)?;
            Some(insert(conn, schedule, (id, job), now).await?)
        }
        Outcome::Skipped | Outcome::Missed => None,
    };
    let run = ScheduleRun {
        id: Id::new(clock),
        nominal_at: nominal,
        through_at: None,
        trigger,
        outcome,
        job_id,
        fired_at: now,
    };
    history::record(conn, schedule, &run).await?;
    Ok(Some(run))
}

/// Records that the time, or all times through `last`, were missed.
///
/// # Errors
/// When the database does not answer.
pub async fn record_missed(
    conn: &mut PgConnection,
    clock: &Clock,
    schedule: &StoredSchedule,
    (first, last): (DateTime<Utc>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let run = ScheduleRun {
        id: Id::new(clock),
        nominal_at: first,
        through_at: last,
        trigger: Trigger::Schedule,
        outcome: Outcome::Missed,
        job_id: None,
        fired_at: now,
    };
    history::record(conn, schedule, &run).await.map(drop)
}

/// What the overlap policy makes of a time that comes now. It is the policy that cancels the others.
async fn overlapped(
    conn: &mut PgConnection,
    schedule: &StoredSchedule,
    overlap: Overlap,
    now: DateTime<Utc>,
) -> Result<Outcome, DbError> {
    if overlap == Overlap::AllowAll {
        return Ok(Outcome::Fired);
    }
    let unfinished: Vec<Uuid> = sqlx::query_scalar(
        "select id from jobs.job where tenant_id = $1 and serial_key = $2 and state in ('available', 'running') \
         order by position",
    )
    .bind(schedule.tenant_id)
    .bind(serial_key(schedule.schedule_id()))
    .fetch_all(&mut *conn)
    .await?;
    Ok(match (overlap, unfinished.len()) {
        (_, 0) => Outcome::Fired,
        (Overlap::BufferAll, _) | (Overlap::BufferOne, 1) => Outcome::Buffered,
        (Overlap::CancelOther, _) => {
            for id in unfinished {
                cancel_on(conn, schedule.tenant(), Id::from_uuid(id), now).await?;
            }
            Outcome::Fired
        }
        _ => Outcome::Skipped,
    })
}

/// The key by which the jobs of a schedule run one after the other, and by which those that have not ended are found.
fn serial_key(schedule: ScheduleId) -> String {
    format!("schedule:{schedule}")
}

fn job(
    schedule: &StoredSchedule,
    nominal: DateTime<Utc>,
    (trigger, overlap): (Trigger, Overlap),
    now: DateTime<Utc>,
) -> Result<NewJob, DbError> {
    let id = schedule.schedule_id();
    let job = NewJob::of_type(
        &*schedule.job_type,
        &*schedule.queue,
        schedule.max_attempts,
        schedule.payload.clone(),
    );
    let job = if overlap == Overlap::AllowAll { job } else { job.serial_key(serial_key(id)) };
    Ok(match trigger {
        // Asked for by somebody, now.
        Trigger::Manual => job,
        Trigger::Schedule | Trigger::Backfill => {
            let delayed = nominal + schedule.policy()?.delay(id, nominal);
            let key = format!("schedule:{id}:{}", nominal.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            job.run_at(delayed.max(now)).unique(key, UniqueFor::Period(KEY_LASTS))
        }
    })
}

/// Inserts the job; gives the id of the one that holds the key of its nominal time, should there be one.
async fn insert(
    conn: &mut PgConnection,
    schedule: &StoredSchedule,
    (id, job): (Id<Job>, NewJob),
    now: DateTime<Utc>,
) -> Result<JobId, DbError> {
    let request_id = format!("schedule-{id}");
    let cause = JobCause {
        tenant: schedule.tenant(),
        realm_key: &schedule.realm_key,
        tenant_key: &schedule.tenant_key,
        org_key: None,
        actor: &Actor::system("scheduler"),
        request_id: &request_id,
        trace_id: None,
        enqueued_at: now,
    };
    let ids = store::insert_jobs(conn, &cause, &[(id, job)]).await?;
    ids.first().copied().ok_or_else(|| DbError::Corrupt("a job without an id".to_owned()))
}
