//! Schedules: jobs that come back by the calendar.
//!
//! A [`Calendar`] says at which instants a schedule fires, a [`SchedulePolicy`] what happens to times that were missed
//! or meet a job that has not ended. [`due`] joins the two, without any I/O. A module declares a [`ScheduleDef`]; a
//! tenant's administrator makes a schedule of its own from a [`ScheduleSpec`]. Both are rows of one table, which any
//! scheduler fires ([`fire`]) under the row's lock.

mod backfill;
mod calendar;
mod control;
mod def;
mod due;
mod error;
mod fire;
mod history;
mod policy;
mod record;
mod spec;
mod store;

pub use backfill::{Backfilled, MOST_BACKFILLED, backfill_schedule};
pub use calendar::{Calendar, Rhythm};
pub use control::{
    create_schedule, delete_schedule, lock_schedule, next_times, pause_schedule, resume_schedule,
    run_schedule, update_schedule,
};
pub use def::{RhythmDef, ScheduleDef, ScheduleScope};
pub use due::{Due, Taken, due};
pub use error::ScheduleProblem;
pub use fire::{fire, record_missed};
pub use history::{Outcome, ScheduleRun, ScheduleRunId, Trigger, list_runs};
pub use policy::{Misfire, Overlap, SchedulePolicy};
pub use record::{ScheduleOrigin, ScheduleRecord, ScheduleState};
pub use spec::{SchedulableJobs, ScheduleSpec};
pub use store::{StoredSchedule, claim_due, find_schedule, list_schedules, store_times, wait_for_next};
