//! Enqueues the jobs that come back by the calendar.

mod clock;
mod enter;
mod fire;

use std::time::Duration;

use athyper_kernel_db::{Database, DbError, TenantRecord};
use athyper_kernel_jobs::{CronError, ScheduleDef};
use athyper_kernel_lifecycle::Lifecycle;
use chrono_tz::Tz;
use tokio::time::sleep;

pub use clock::ScheduleClock;

use crate::outage::Outage;

/// Longest sleep: a schedule that another process entered or that somebody made is found after that at the latest.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// Shortest sleep, for due schedules that another scheduler is just taking.
const SHORTEST_SLEEP: Duration = Duration::from_millis(50);

/// A tenant with the zone in which its calendar runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledTenant {
    /// The tenant.
    pub record: TenantRecord,
    /// Its time zone.
    pub zone: Tz,
}

/// Why the schedules cannot be entered.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A schedule's expression is wrong.
    #[error("schedule {name}: {source}")]
    Cron {
        /// Name of the schedule.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        source: CronError,
    },
    /// A schedule whose calendar is at its end.
    #[error("schedule {0} never fires again: give it an expression that has times to come")]
    Ended(&'static str),
    /// A schedule that fires all the time.
    #[error("schedule {0} has an interval of no length: give it one of a second at least")]
    NoInterval(&'static str),
    /// A name that a tenant might choose.
    #[error("schedule {0} has no dot in its name: call it <domain>.<what>")]
    Name(&'static str),
    /// Two schedules of one name.
    #[error("schedule {0} is declared twice: give each schedule a name of its own")]
    Duplicate(&'static str),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A scheduler that runs in the background until the process stops.
#[derive(Clone, Copy, Debug)]
pub struct Scheduler;

impl Scheduler {
    /// Enters the schedules of all modules for all tenants and starts to fire them. Schedules that were changed get a
    /// new next time; those that nobody declares any more, or whose tenant is not among `tenants`, are removed.
    ///
    /// Schedules that a newer release declared stay as they are, so that during a rolling deployment a process of the
    /// old release takes nothing from the new one. After a return to an older release they still make their jobs, which
    /// wait for a process that has a handler.
    ///
    /// Any number of schedulers may run at once, in as many processes. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`ScheduleError`]: a wrong or repeated declaration, or a database that does not answer.
    pub async fn start(
        database: &Database,
        lifecycle: &Lifecycle,
        schedules: &[ScheduleDef],
        tenants: &[ScheduledTenant],
    ) -> Result<Self, ScheduleError> {
        let clock = ScheduleClock::database();
        Self::enter(database, schedules, tenants, &clock).await?;
        lifecycle.spawn("scheduler", run(database.clone(), lifecycle.clone(), clock));
        Ok(Self)
    }

    /// The first half of [`Scheduler::start`]: enters the schedules, as of this clock.
    ///
    /// # Errors
    /// As [`Scheduler::start`].
    pub async fn enter(
        database: &Database,
        schedules: &[ScheduleDef],
        tenants: &[ScheduledTenant],
        clock: &ScheduleClock,
    ) -> Result<(), ScheduleError> {
        enter::enter(database, schedules, tenants, &release(), clock).await
    }

    /// What a scheduler does again and again: fires all schedules that are due by this clock. Gives the time until the next
    /// one is; `None` when there is none to come.
    ///
    /// # Errors
    /// When the database does not answer; then what was begun is not done, and somebody else does it.
    pub async fn fire_due(database: &Database, clock: &ScheduleClock) -> Result<Option<Duration>, DbError> {
        fire::fire_due(database, clock).await
    }
}

/// The release of this program, as numbers that compare: `1.12.0` is `[1, 12, 0]`.
fn release() -> Vec<i32> {
    env!("CARGO_PKG_VERSION").split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

async fn run(database: Database, lifecycle: Lifecycle, clock: ScheduleClock) {
    let stopping = lifecycle.stopping();
    let mut outage = Outage::new("fire schedules");
    loop {
        // Dropped at the stop it rolls back, and another scheduler fires what it had taken.
        let fired = tokio::select! {
            () = stopping.cancelled() => return,
            fired = fire::fire_due(&database, &clock) => fired,
        };
        let wait = match fired {
            Ok(next) => {
                outage.over();
                next.map_or(LONGEST_SLEEP, |next| next.clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
            }
            Err(error) => outage.failed(&error),
        };
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_three_numbers() {
        assert_eq!(release().len(), 3);
    }
}
