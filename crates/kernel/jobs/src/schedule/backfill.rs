//! Makes the jobs of times that are past.

use athyper_kernel_db::{Done, TenantTx};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::control::event;
use super::store::database_now;
use super::{Outcome, Overlap, ScheduleProblem, StoredSchedule, Trigger, fire};

/// Most times of one backfill.
pub const MOST_BACKFILLED: usize = 1_000;
/// How far back a backfill reaches. The history, which knows what a time has had already, is kept longer.
const OLDEST: TimeDelta = TimeDelta::days(60);

/// What came of a backfill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backfilled {
    /// Times that made a job.
    pub fired: u64,
    /// Times that made a job which waits for an earlier one.
    pub buffered: u64,
    /// Times that made none, because an earlier job had not ended.
    pub skipped: u64,
    /// Times that had their job already.
    pub already_run: u64,
}

/// Makes the jobs of the calendar's times from `from` to `through`, both included, that have had none yet. Excluded days,
/// start and end hold as ever; `overlap` stands in for the schedule's own policy.
///
/// # Errors
/// [`ScheduleProblem::Invalid`] for a range that is turned round, too old or not past, [`ScheduleProblem::RangeTooLong`]
/// for one with too many times; or when the database does not answer.
pub async fn backfill_schedule(
    tx: &mut TenantTx,
    schedule: &StoredSchedule,
    (from, through): (DateTime<Utc>, DateTime<Utc>),
    overlap: Overlap,
) -> Result<Done<Backfilled>, ScheduleProblem> {
    let (now, clock) = (database_now(tx.conn()).await?, tx.clock().clone());
    if through > now {
        return Err(ScheduleProblem::field("/through", "a backfill is for times that are past"));
    }
    if from > through {
        return Err(ScheduleProblem::field("/from", "the range ends before it starts"));
    }
    if from < now - OLDEST {
        return Err(ScheduleProblem::field("/from", format!("at most {} days back", OLDEST.num_days())));
    }
    let calendar = schedule.calendar()?;
    let first = calendar.next_from(from).into_iter();
    let times = first.flat_map(|first| std::iter::once(first).chain(calendar.upcoming(first)));
    let times: Vec<_> = times.take_while(|time| *time <= through).take(MOST_BACKFILLED + 1).collect();
    if times.len() > MOST_BACKFILLED {
        return Err(ScheduleProblem::RangeTooLong);
    }

    let mut done = Backfilled::default();
    for time in times {
        let run = fire(tx.conn(), &clock, schedule, time, (Trigger::Backfill, overlap), now).await?;
        match run.map(|run| run.outcome) {
            Some(Outcome::Fired) => done.fired += 1,
            Some(Outcome::Buffered) => done.buffered += 1,
            Some(Outcome::Skipped | Outcome::Missed) => done.skipped += 1,
            None => done.already_run += 1,
        }
    }

    let text = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let event = event("platform.backfill_schedule", schedule)
        .with("from", text(from))
        .with("through", text(through))
        .with("fired", done.fired)
        .with("buffered", done.buffered)
        .with("skipped", done.skipped)
        .with("alreadyRun", done.already_run);
    Ok(Done::new(done, event))
}
