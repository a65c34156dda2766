//! What an administrator does to schedules: makes, changes, pauses, runs and deletes them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Done, TenantConnection, TenantTx};
use athyper_kernel_types::ScheduleId;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::error::MOST_OWN;
use super::spec::Checked;
use super::store::{self, StoredSchedule, database_now};
use super::{
    SchedulableJobs, ScheduleOrigin, ScheduleProblem, ScheduleRecord, ScheduleRun, ScheduleSpec, Trigger,
    fire,
};

/// Longest note of a pause, in characters.
const MOST_NOTE: usize = 500;
/// What the audit trail calls a schedule.
const SUBJECT: &str = "platform.schedule";

/// An event about this schedule.
pub(super) fn event(kind: &str, schedule: &StoredSchedule) -> AuditEvent {
    AuditEvent::info(kind).about(SUBJECT, schedule.schedule_id()).with("name", schedule.name.as_str())
}

/// The schedule with this id; nobody else fires or changes it until the transaction ends.
///
/// # Errors
/// [`ScheduleProblem::NotFound`], or when the database does not answer.
pub async fn lock_schedule(tx: &mut TenantTx, id: ScheduleId) -> Result<StoredSchedule, ScheduleProblem> {
    let tenant = tx.tenant_id();
    store::lock(tx.conn(), tenant, id).await?.ok_or(ScheduleProblem::NotFound)
}

/// The calendar's times from now on, `count` of them where there are so many.
///
/// # Errors
/// When the database does not answer.
pub async fn next_times(
    tx: &mut impl TenantConnection,
    schedule: &StoredSchedule,
    count: usize,
) -> Result<Vec<DateTime<Utc>>, DbError> {
    let now = database_now(tx.conn()).await?;
    Ok(schedule.calendar()?.upcoming(now).take(count).collect())
}

/// Makes a schedule of the tenant. Its first time is after now.
///
/// # Errors
/// [`ScheduleProblem::Invalid`], [`ScheduleProblem::NameTaken`] and [`ScheduleProblem::TooMany`]; or when the database
/// does not answer.
pub async fn create_schedule(
    tx: &mut TenantTx,
    jobs: &SchedulableJobs,
    spec: &ScheduleSpec,
) -> Result<Done<ScheduleRecord>, ScheduleProblem> {
    let context = tx.context().clone();
    let checked = spec.check(jobs, context.default_text("timezone"))?;
    let now = database_now(tx.conn()).await?;
    let bare = StoredSchedule {
        tenant_id: context.tenant_id().uuid(),
        id: ScheduleId::new(tx.clock()).uuid(),
        name: String::new(),
        origin: ScheduleOrigin::Tenant,
        job_type: String::new(),
        queue: String::new(),
        max_attempts: 0,
        payload: json!({}),
        cron: None,
        every_seconds: None,
        anchor_at: None,
        zone: String::new(),
        starts_at: None,
        ends_at: None,
        excluded_dates: Vec::new(),
        misfire: spec.misfire,
        catch_up_seconds: 0,
        overlap: spec.overlap,
        jitter_seconds: 0,
        realm_key: context.realm_key().to_owned(),
        tenant_key: context.tenant_key().to_owned(),
        next_at: None,
        last_nominal_at: None,
        paused_at: None,
        paused_by: None,
        pause_note: None,
        created_at: now,
        created_by: context.actor().id.clone(),
        version: 1,
    };
    let mut schedule = specified(bare, spec, checked);
    schedule.next_at = Some(first_time(&schedule, now)?);

    if store::count_own(tx.conn(), context.tenant_id()).await? >= MOST_OWN {
        return Err(ScheduleProblem::TooMany);
    }
    store::insert(tx.conn(), &schedule).await.map_err(|error| name_taken(error, &schedule))?;

    let event = event("platform.create_schedule", &schedule).with("schedule", json!(spec));
    Ok(Done::new(schedule.into(), event))
}

/// Makes the schedule what the specification says. Its next time is kept unless the calendar is another one.
///
/// # Errors
/// [`ScheduleProblem::Declared`], [`ScheduleProblem::Invalid`] and [`ScheduleProblem::NameTaken`]; or when the database
/// does not answer.
pub async fn update_schedule(
    tx: &mut TenantTx,
    schedule: StoredSchedule,
    jobs: &SchedulableJobs,
    spec: &ScheduleSpec,
) -> Result<Done<ScheduleRecord>, ScheduleProblem> {
    let schedule = own(schedule)?;
    let checked = spec.check(jobs, tx.context().default_text("timezone"))?;
    let now = database_now(tx.conn()).await?;
    let mut changed = specified(schedule.clone(), spec, checked);
    changed.version += 1;
    let first = first_time(&changed, now)?;
    if changed.paused_at.is_none() && changed.calendar()? != schedule.calendar()? {
        changed.next_at = Some(first);
    }

    store::update(tx.conn(), &changed).await.map_err(|error| name_taken(error, &changed))?;

    let event = event("platform.update_schedule", &changed).with("schedule", json!(spec));
    Ok(Done::new(changed.into(), event))
}

/// Deletes the schedule. Jobs that it has made stay.
///
/// # Errors
/// [`ScheduleProblem::Declared`], or when the database does not answer.
pub async fn delete_schedule(
    tx: &mut TenantTx,
    schedule: StoredSchedule,
) -> Result<Done<ScheduleRecord>, ScheduleProblem> {
    let schedule = own(schedule)?;

    store::delete(tx.conn(), schedule.tenant(), schedule.schedule_id()).await?;

    let event = event("platform.delete_schedule", &schedule);
    let deleted = ScheduleRecord::from(schedule);
    let event = event.with("deleted", json!(deleted));
    Ok(Done::new(deleted, event))
}

/// Pauses the schedule, with a note for whoever wonders. Times that pass meanwhile are not made up for.
///
/// # Errors
/// [`ScheduleProblem::Paused`] and [`ScheduleProblem::Invalid`]; or when the database does not answer.
pub async fn pause_schedule(
    tx: &mut TenantTx,
    schedule: StoredSchedule,
    note: Option<&str>,
) -> Result<Done<ScheduleRecord>, ScheduleProblem> {
    if schedule.paused_at.is_some() {
        return Err(ScheduleProblem::Paused);
    }
    if note.is_some_and(|note| note.chars().count() > MOST_NOTE) {
        return Err(ScheduleProblem::field("/note", format!("at most {MOST_NOTE} characters")));
    }
    let paused = StoredSchedule {
        next_at: None,
        paused_at: Some(database_now(tx.conn()).await?),
        paused_by: Some(tx.context().actor().id.clone()),
        pause_note: note.map(str::to_owned),
        version: schedule.version + 1,
        ..schedule
    };

    store::update(tx.conn(), &paused).await?;

    let event = event("platform.pause_schedule", &paused).with("note", note);
    Ok(Done::new(paused.into(), event))
}

/// Lets a paused schedule go on with its first time from now. One whose calendar is at its end meanwhile has none.
///
/// # Errors
/// [`ScheduleProblem::NotPaused`], or when the database does not answer.
pub async fn resume_schedule(
    tx: &mut TenantTx,
    schedule: StoredSchedule,
) -> Result<Done<ScheduleRecord>, ScheduleProblem> {
    if schedule.paused_at.is_none() {
        return Err(ScheduleProblem::NotPaused);
    }
    let now = database_now(tx.conn()).await?;
    let resumed = StoredSchedule {
        next_at: schedule.calendar()?.next_after(now),
        paused_at: None,
        paused_by: None,
        pause_note: None,
        version: schedule.version + 1,
        ..schedule
    };

    store::update(tx.conn(), &resumed).await?;

    let event = event("platform.resume_schedule", &resumed);
    Ok(Done::new(resumed.into(), event))
}

/// Makes a job of the schedule now, beside its calendar and also while it is paused. The overlap policy holds: the job may
/// be skipped.
///
/// # Errors
/// When the database does not answer.
pub async fn run_schedule(
    tx: &mut TenantTx,
    schedule: &StoredSchedule,
) -> Result<Done<ScheduleRun>, ScheduleProblem> {
    let (now, clock) = (database_now(tx.conn()).await?, tx.clock().clone());

    let cause = (Trigger::Manual, schedule.overlap);
    let run = fire(tx.conn(), &clock, schedule, now, cause, now).await?;

    let run = run.ok_or_else(|| DbError::Corrupt(format!("no run of schedule {}", schedule.id)))?;
    let event = event("platform.run_schedule", schedule)
        .with("outcome", run.outcome.as_str())
        .with("jobId", run.job_id.map(|id| id.to_string()));
    Ok(Done::new(run, event))
}

/// A schedule that is the tenant's to change.
fn own(schedule: StoredSchedule) -> Result<StoredSchedule, ScheduleProblem> {
    match schedule.origin {
        ScheduleOrigin::Tenant => Ok(schedule),
        ScheduleOrigin::Code => Err(ScheduleProblem::Declared),
    }
}

fn specified(schedule: StoredSchedule, spec: &ScheduleSpec, checked: Checked) -> StoredSchedule {
    StoredSchedule {
        name: spec.name.clone(),
        job_type: spec.job_type.clone(),
        queue: checked.job.queue.to_owned(),
        max_attempts: checked.job.max_attempts,
        payload: spec.payload.clone(),
        cron: spec.cron.clone(),
        every_seconds: spec.every_seconds,
        anchor_at: checked.anchor_at,
        zone: checked.zone.name().to_owned(),
        starts_at: spec.starts_at,
        ends_at: spec.ends_at,
        excluded_dates: checked.excluded_dates,
        misfire: spec.misfire,
        catch_up_seconds: spec.catch_up_seconds,
        overlap: spec.overlap,
        jitter_seconds: spec.jitter_seconds,
        ..schedule
    }
}

fn first_time(schedule: &StoredSchedule, now: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleProblem> {
    let ended = || ScheduleProblem::field("/endsAt", "between its start and its end it has no time to come");
    schedule.calendar()?.next_after(now).ok_or_else(ended)
}

fn name_taken(error: DbError, schedule: &StoredSchedule) -> ScheduleProblem {
    match error {
        DbError::Constraint { ref name, .. } if name == "schedule_name" => {
            ScheduleProblem::NameTaken(schedule.name.clone())
        }
        other => other.into(),
    }
}
