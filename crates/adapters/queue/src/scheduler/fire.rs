//! Takes due schedules: their jobs, what became of their times, and their next times, in one transaction.

use std::time::Duration;

use athyper_kernel_db::{Database, DbError, SystemReason, SystemTx};
use athyper_kernel_jobs::schedule::{
    Due, StoredSchedule, Taken, Trigger, claim_due, due, fire, record_missed, store_times, wait_for_next,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::ScheduleClock;

/// Schedules taken in one transaction.
const BATCH: usize = 100;
/// When a schedule that cannot be read is looked at again.
const UNREADABLE: TimeDelta = TimeDelta::hours(1);

/// Fires all schedules that are due, and gives the time until the next one is; `None` when there is none to come.
pub(super) async fn fire_due(
    database: &Database,
    clock: &ScheduleClock,
) -> Result<Option<Duration>, DbError> {
    while fire_batch(database, clock).await? > 0 {}
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let now = clock.now(tx.conn()).await?;
    let wait = wait_for_next(tx.conn(), now).await?;
    tx.commit().await?;
    Ok(wait)
}

/// Fires schedules that are due and gives their number; one with many missed times stays due and comes again.
async fn fire_batch(database: &Database, clock: &ScheduleClock) -> Result<usize, DbError> {
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let now = clock.now(tx.conn()).await?;
    let schedules = claim_due(tx.conn(), now, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
    for schedule in &schedules {
        take(&mut tx, schedule, now).await?;
    }
    tx.commit().await?;
    Ok(schedules.len())
}

async fn take(tx: &mut SystemTx, schedule: &StoredSchedule, now: DateTime<Utc>) -> Result<(), DbError> {
    let Some(next_at) = schedule.next_at else { return Ok(()) };
    let (calendar, policy) = match (schedule.calendar(), schedule.policy()) {
        (Ok(calendar), Ok(policy)) => (calendar, policy),
        (Err(error), _) | (_, Err(error)) => {
            let id = schedule.schedule_id().to_string();
            tracing::error!(schedule = schedule.name, id, %error, "a schedule cannot be read");
            return store_times(tx.conn(), schedule, None, Some(now + UNREADABLE)).await;
        }
    };
    let Due { taken, next_at } = due(&calendar, &policy, next_at, now);
    let clock = tx.clock().clone();
    let mut fired = None;
    for time in taken {
        match time {
            Taken::Fire(nominal) => {
                let cause = (Trigger::Schedule, policy.overlap);
                let run = fire(tx.conn(), &clock, schedule, nominal, cause, now).await?;
                fired = Some(nominal);
                if let Some(run) = run {
                    let (outcome, job) = (run.outcome.as_str(), run.job_id.map(|id| id.to_string()));
                    let (name, tenant) = (&*schedule.name, &*schedule.tenant_key);
                    tracing::info!(schedule = name, tenant, %nominal, outcome, job_id = job, "schedule fired");
                }
            }
            Taken::Missed(nominal) => {
                record_missed(tx.conn(), &clock, schedule, (nominal, None), now).await?;
            }
            Taken::MissedThrough(first, last) => {
                let (name, tenant) = (&*schedule.name, &*schedule.tenant_key);
                tracing::warn!(schedule = name, tenant, %first, %last, "a schedule missed many times");
                record_missed(tx.conn(), &clock, schedule, (first, Some(last)), now).await?;
            }
        }
    }
    store_times(tx.conn(), schedule, fired, next_at).await
}
