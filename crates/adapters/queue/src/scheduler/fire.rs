//! Takes due schedules: their jobs and their next times, in one transaction.

use std::str::FromStr as _;
use std::time::Duration;

use athyper_kernel_db::{Database, DbError, SystemReason, SystemTx};
use athyper_kernel_jobs::store::{self, JobCause};
use athyper_kernel_jobs::{CronSchedule, NewJob, ScheduleDef, UniqueFor};
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::{Id, Job};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;
use uuid::Uuid;

use super::due::due;

/// Schedules taken in one transaction.
const BATCH: usize = 100;
/// How long the key of a nominal time is kept. The next time, stored with the job, is what keeps a schedule from firing
/// twice; the key is the second lock.
const KEY_LASTS: TimeDelta = TimeDelta::days(7);
/// When a schedule that cannot be evaluated is looked at again, in minutes.
const UNREADABLE_MINUTES: i64 = 60;

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    name: String,
    job_type: String,
    queue: String,
    max_attempts: i16,
    cron: String,
    zone: String,
    realm_key: String,
    tenant_key: String,
    next_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// Fires all schedules that are due, and gives the time until the next one is; `None` when there is no schedule.
pub(super) async fn fire_due(database: &Database) -> Result<Option<Duration>, DbError> {
    while fire_batch(database).await? == BATCH {}
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let seconds: Option<f64> = sqlx::query_scalar(
        "select greatest(extract(epoch from min(next_at) - clock_timestamp()), 0)::float8 \
         from jobs.schedule having count(*) > 0",
    )
    .fetch_optional(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

async fn fire_batch(database: &Database) -> Result<usize, DbError> {
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "select tenant_id, id, name, job_type, queue, max_attempts, cron, zone, realm_key, tenant_key, next_at, now() \
         from jobs.schedule where next_at <= now() order by next_at limit $1 for update skip locked",
    )
    .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
    .fetch_all(tx.conn())
    .await?;
    for row in &rows {
        fire(&mut tx, row).await?;
    }
    tx.commit().await?;
    Ok(rows.len())
}

async fn fire(tx: &mut SystemTx, row: &Row) -> Result<(), DbError> {
    let (Ok(cron), Ok(zone)) = (CronSchedule::parse(&row.cron), Tz::from_str(&row.zone)) else {
        tracing::error!(
            schedule = row.name,
            cron = row.cron,
            zone = row.zone,
            "a schedule cannot be evaluated"
        );
        let later = row.now + TimeDelta::minutes(UNREADABLE_MINUTES);
        return store_times(tx.conn(), row, None, Some(later)).await;
    };
    let due = due(&cron, zone, row.next_at, row.now);
    let nominal = due.nominal.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let id = Id::<Job>::new(tx.clock());
    let (request_id, unique_key) = (format!("schedule-{id}"), format!("schedule:{}:{nominal}", row.name));
    let job = NewJob::of_type(&*row.job_type, &*row.queue, row.max_attempts, ScheduleDef::payload())
        .unique(unique_key, UniqueFor::Period(KEY_LASTS));
    let cause = JobCause {
        tenant: Id::from_uuid(row.tenant_id),
        realm_key: &row.realm_key,
        tenant_key: &row.tenant_key,
        org_key: None,
        actor: &Actor::system("scheduler"),
        request_id: &request_id,
        trace_id: None,
        enqueued_at: row.now,
    };
    let ids = store::insert_jobs(tx.conn(), &cause, &[(id, job)]).await?;
    let job_id = ids.first().map(ToString::to_string);
    tracing::info!(schedule = row.name, tenant = row.tenant_key, nominal, job_id, "schedule fired");
    store_times(tx.conn(), row, Some(due.nominal), due.next_at).await
}

/// Stores the time that was fired and the next one. A schedule without a next time is at its end and removed.
async fn store_times(
    conn: &mut PgConnection,
    row: &Row,
    nominal: Option<DateTime<Utc>>,
    next_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let statement = match next_at {
        Some(next_at) => sqlx::query(
            "update jobs.schedule set last_nominal_at = coalesce($3, last_nominal_at), next_at = $4 \
             where tenant_id = $1 and id = $2",
        )
        .bind(row.tenant_id)
        .bind(row.id)
        .bind(nominal)
        .bind(next_at),
        None => sqlx::query("delete from jobs.schedule where tenant_id = $1 and id = $2")
            .bind(row.tenant_id)
            .bind(row.id),
    };
    statement.execute(conn).await?;
    Ok(())
}
