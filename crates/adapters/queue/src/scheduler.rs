//! Enqueues the jobs that come back by the calendar.

mod clock;
mod enter;
mod fire;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_db::{Change, Database, DbError, is_of_tenant};
use athyper_kernel_jobs::{CronError, ScheduleDef};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_types::{PLATFORM_TENANT, TenantId};
use chrono_tz::Tz;
use tokio::sync::broadcast;
use tokio::time::sleep;

pub use clock::ScheduleClock;

use crate::outage::Outage;

/// Longest sleep: a schedule that another process entered or that somebody made is found after that at the latest.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// Shortest sleep, for due schedules that another scheduler is just taking.
const SHORTEST_SLEEP: Duration = Duration::from_millis(50);

/// How long changes of tenants are gathered before the schedules are entered anew.
const SETTLE: Duration = Duration::from_secs(1);

/// A tenant with the zone in which its calendar runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledTenant {
    /// Id of the tenant.
    pub id: TenantId,
    /// Key of the realm.
    pub realm_key: String,
    /// Key of the tenant.
    pub tenant_key: String,
    /// Its time zone.
    pub zone: Tz,
}

/// Some tenants, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantPage {
    /// Those whose schedules run.
    pub tenants: Vec<ScheduledTenant>,
    /// The last id that the page speaks of; nothing when no tenant comes after it.
    pub last: Option<TenantId>,
}

/// Gives the tenants after an id. A tenant that a page speaks of and does not hold has no schedules.
pub type TenantPages = Arc<dyn Fn(TenantId) -> NextPage + Send + Sync>;

/// A page that is being read.
pub type NextPage = Pin<Box<dyn Future<Output = Result<TenantPage, DbError>> + Send>>;

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
    /// Checks the schedules of all modules, and starts to enter them for all tenants and to fire them. Schedules that were
    /// changed get a new next time; those that nobody declares any more, or whose tenant is not among `tenants`, are
    /// removed. Tenants that come or go while it runs are noticed within seconds. The start does not wait for the tenants.
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
        tenants: TenantPages,
    ) -> Result<Self, ScheduleError> {
        let clock = ScheduleClock::database();
        enter::enter_platform(database, schedules, &release(), &clock).await?;
        let register = Register { database: database.clone(), schedules: schedules.to_vec(), tenants };
        lifecycle.spawn("schedules of tenants", keep_entered(register, lifecycle.clone(), clock.clone()));
        lifecycle.spawn("scheduler", run(database.clone(), lifecycle.clone(), clock));
        Ok(Self)
    }

    /// Enters the schedules of the platform and of these tenants, which are all that there are, as of this clock.
    ///
    /// # Errors
    /// As [`Scheduler::start`].
    pub async fn enter(
        database: &Database,
        schedules: &[ScheduleDef],
        tenants: &[ScheduledTenant],
        clock: &ScheduleClock,
    ) -> Result<(), ScheduleError> {
        enter::enter_platform(database, schedules, &release(), clock).await?;
        let page = TenantPage { tenants: tenants.to_vec(), last: None };
        enter::enter_page(database, schedules, (FIRST, &page), &release(), clock).await
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

/// Before the first tenant: the platform itself, which no page speaks of.
const FIRST: TenantId = PLATFORM_TENANT;

/// What is entered for whom.
struct Register {
    database: Database,
    schedules: Vec<ScheduleDef>,
    tenants: TenantPages,
}

impl Register {
    /// Enters the schedules of all tenants, page by page.
    async fn enter_all(&self, clock: &ScheduleClock) -> Result<(), ScheduleError> {
        let mut after = FIRST;
        loop {
            let page = (self.tenants)(after).await?;
            enter::enter_page(&self.database, &self.schedules, (after, &page), &release(), clock).await?;
            match page.last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}

/// Enters the schedules of tenants at the start and whenever one came or went.
async fn keep_entered(register: Register, lifecycle: Lifecycle, clock: ScheduleClock) {
    let stopping = lifecycle.stopping();
    let mut outage = Outage::new("enter the schedules of tenants");
    let mut changes = register.database.changes().subscribe();
    loop {
        let entered = tokio::select! {
            () = stopping.cancelled() => return,
            entered = register.enter_all(&clock) => entered,
        };
        let wait = match entered {
            Ok(()) => {
                outage.over();
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = of_tenant(&mut changes) => SETTLE,
                }
            }
            Err(ScheduleError::Database(error)) => outage.failed(&error),
            Err(error) => {
                tracing::error!(%error, "the schedules of tenants cannot be entered");
                return;
            }
        };
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

/// Waits until some tenant came or went. While changes are not heard, or were missed, that may be at any time.
async fn of_tenant(changes: &mut broadcast::Receiver<Change>) {
    loop {
        match changes.recv().await {
            Ok(change) if is_of_tenant(&change) => return,
            Ok(_other) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
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
