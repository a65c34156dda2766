//! What an administrator does to schedules: makes, changes, pauses, runs, backfills and deletes them.

use athyper_adapter_queue::{ScheduleClock, ScheduledTenant, Scheduler};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_jobs::schedule::{
    Backfilled, Outcome, Overlap, SchedulableJobs, ScheduleDef, ScheduleProblem, ScheduleRecord,
    ScheduleSpec, ScheduleState, StoredSchedule, backfill_schedule, create_schedule, delete_schedule,
    find_schedule, list_runs, list_schedules, lock_schedule, next_times, pause_schedule, resume_schedule,
    run_schedule, update_schedule,
};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, ScheduleId};
use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::stage::{Stage, Work, tenant, worker_of};

fn schedulable() -> SchedulableJobs {
    SchedulableJobs::of(&[worker_of(|_, _| async { Ok(()) }).schedulable()])
}

/// A specification that keeps all rules, with these fields instead.
fn spec(changes: Value) -> ScheduleSpec {
    let mut spec = json!({
        "name": "mine", "jobType": "test.work", "payload": {"tag": "x"}, "cron": "0 6 * * *", "overlap": "allow_all"
    });
    for (field, value) in changes.as_object().unwrap() {
        spec[field] = value.clone();
    }
    serde_json::from_value(spec).unwrap()
}

async fn create(
    stage: &Stage,
    context: &TenantContext,
    changes: Value,
) -> Result<ScheduleRecord, ScheduleProblem> {
    let mut tx = stage.database.tenant_tx(context).await.unwrap();
    let done = create_schedule(&mut tx, &schedulable(), &spec(changes)).await?;
    tx.commit(done.event).await.unwrap();
    Ok(done.output)
}

/// The fields that break a rule.
fn pointers(problem: &ScheduleProblem) -> Vec<&str> {
    match problem {
        ScheduleProblem::Invalid(fields) => fields.iter().map(|field| field.pointer.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Locks the schedule, does this to it and commits.
async fn change<T>(
    stage: &Stage,
    context: &TenantContext,
    id: ScheduleId,
    change: impl AsyncFnOnce(&mut TenantTx, StoredSchedule) -> Result<Done<T>, ScheduleProblem>,
) -> Result<T, ScheduleProblem> {
    let mut tx = stage.database.tenant_tx(context).await.unwrap();
    let schedule = lock_schedule(&mut tx, id).await?;
    let done = change(&mut tx, schedule).await?;
    tx.commit(done.event).await.unwrap();
    Ok(done.output)
}

async fn stored(stage: &Stage, context: &TenantContext, id: ScheduleId) -> StoredSchedule {
    let mut tx = stage.database.read_tx(context).await.unwrap();
    find_schedule(&mut tx, id).await.unwrap().unwrap()
}

async fn fire_due(stage: &Stage) {
    Scheduler::fire_due(&stage.database, &ScheduleClock::database()).await.unwrap();
}

async fn runs(stage: &Stage, context: &TenantContext, id: ScheduleId) -> Vec<(DateTime<Utc>, Outcome)> {
    let mut tx = stage.database.read_tx(context).await.unwrap();
    let runs = list_runs(&mut tx, id, None, 100).await.unwrap();
    runs.into_iter().map(|run| (run.nominal_at, run.outcome)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_refused_by_its_field() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    for (changes, pointer) in [
        (json!({"name": "has.dot"}), "/name"),
        (json!({"name": ""}), "/name"),
        (json!({"name": "-x"}), "/name"),
        (json!({"jobType": "platform.apply_retention"}), "/jobType"),
        (json!({"payload": {}}), "/payload"),
        (json!({"payload": {"tag": "x".repeat(70_000)}}), "/payload"),
        (json!({"cron": null}), "/cron"),
        (json!({"everySeconds": 60}), "/cron"),
        (json!({"cron": "0 25 * * *"}), "/cron"),
        (json!({"anchorAt": "2026-01-01T00:00:00Z"}), "/anchorAt"),
        (json!({"cron": null, "everySeconds": 59}), "/everySeconds"),
        (json!({"zone": "Mars/Base"}), "/zone"),
        (json!({"startsAt": "2030-01-01T00:00:00Z", "endsAt": "2029-01-01T00:00:00Z"}), "/endsAt"),
        (json!({"startsAt": "+12030-01-01T00:00:00Z"}), "/startsAt"),
        (json!({"endsAt": "2020-01-01T00:00:00Z"}), "/endsAt"),
        (json!({"catchUpSeconds": 0}), "/catchUpSeconds"),
        (json!({"jitterSeconds": -1}), "/jitterSeconds"),
    ] {
        let problem = create(&stage, &context, changes.clone()).await.unwrap_err();
        assert_eq!(pointers(&problem), [pointer], "{changes}: {problem:?}");
    }
    assert_eq!(stage.count("select count(*) from jobs.schedule").await, 0);

    create(&stage, &context, json!({})).await.unwrap();
    let twice = create(&stage, &context, json!({})).await.unwrap_err();
    assert!(matches!(twice, ScheduleProblem::NameTaken(_)), "{twice:?}");
    create(&stage, &tenant("umbrella"), json!({})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_schedule_fires_and_is_its_own() {
    let stage = Stage::new().await;
    let (context, other) = (tenant("acme"), tenant("umbrella"));
    let made = create(&stage, &context, json!({"zone": "Asia/Kolkata"})).await.unwrap();
    assert_eq!((made.state, made.version, made.created_by.as_str()), (ScheduleState::Active, 1, "ada"));
    stage
        .execute("update jobs.schedule set next_at = next_at - interval '1 day', catch_up_seconds = 86400")
        .await;
    fire_due(&stage).await;
    let job: (Value, String, String) = sqlx::query_as("select payload, actor_id, tenant_key from jobs.job")
        .fetch_one(&mut stage.admin().await)
        .await
        .unwrap();
    assert_eq!(job, (json!({"tag": "x"}), "scheduler".to_owned(), "acme".to_owned()));
    let after = stored(&stage, &context, made.id).await;
    assert_eq!(after.next_at, made.next_at);
    assert_eq!(after.last_nominal_at, made.next_at.map(|next| next - TimeDelta::days(1)));
    assert_eq!(after.version, 1, "a run is no change");

    let mut foreign = stage.database.tenant_tx(&other).await.unwrap();
    assert!(matches!(lock_schedule(&mut foreign, made.id).await, Err(ScheduleProblem::NotFound)));
    assert!(list_schedules(&mut foreign, None, 10).await.unwrap().is_empty());
    assert!(list_runs(&mut foreign, made.id, None, 10).await.unwrap().is_empty());
    let mut own = stage.database.read_tx(&context).await.unwrap();
    let next = next_times(&mut own, &after, 3).await.unwrap();
    assert_eq!(next.first(), made.next_at.as_ref());
    assert_eq!(next[2] - next[0], TimeDelta::days(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_keeps_the_next_time_unless_the_calendar_changes() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let made = create(&stage, &context, json!({})).await.unwrap();
    let jobs = schedulable();
    let due = "update jobs.schedule set next_at = '2020-01-01T06:00:00Z'";
    stage.execute(due).await;
    let policy = spec(json!({"name": "renamed", "misfire": "none", "jitterSeconds": 60}));
    let changed = change(&stage, &context, made.id, async |tx, schedule| {
        update_schedule(tx, schedule, &jobs, &policy).await
    })
    .await
    .unwrap();
    assert_eq!((changed.name.as_str(), changed.version), ("renamed", 2));
    assert_eq!(changed.next_at, Some("2020-01-01T06:00:00Z".parse().unwrap()));
    let calendar = spec(json!({"cron": null, "everySeconds": 420, "anchorAt": "2026-01-01T00:00:30Z"}));
    let changed = change(&stage, &context, made.id, async |tx, schedule| {
        update_schedule(tx, schedule, &jobs, &calendar).await
    })
    .await
    .unwrap();
    let (next, anchor) = (changed.next_at.unwrap(), changed.anchor_at.unwrap());
    assert_eq!(((next - anchor).num_seconds() % 420, changed.version), (0, 3));
    assert!(next <= Clock::system().now() + TimeDelta::minutes(8), "{next}");

    let deleted = change(&stage, &context, made.id, async |tx, schedule| delete_schedule(tx, schedule).await)
        .await
        .unwrap();
    assert_eq!(deleted.version, 3);
    let again =
        change(&stage, &context, made.id, async |tx, schedule| delete_schedule(tx, schedule).await).await;
    assert!(matches!(again, Err(ScheduleProblem::NotFound)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_until_it_is_ended_and_is_made_up_for_by_nothing() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let (realm_key, tenant_key) = ("main".to_owned(), "acme".to_owned());
    let tenants = [ScheduledTenant { id: context.tenant_id(), realm_key, tenant_key, zone: Tz::UTC }];
    let declared = [ScheduleDef::cron::<Work>("0 6 * * *")];
    let world = ScheduleClock::database();
    Scheduler::enter(&stage.database, &declared, &tenants, &world).await.unwrap();
    let mut read = stage.database.read_tx(&context).await.unwrap();
    let id = list_schedules(&mut read, None, 10).await.unwrap()[0].schedule_id();
    drop(read);

    let note = Some("until the bank is back");
    let paused = change(&stage, &context, id, async |tx, schedule| pause_schedule(tx, schedule, note).await)
        .await
        .unwrap();
    assert_eq!(
        (paused.state, paused.next_at, paused.paused_by.as_deref()),
        (ScheduleState::Paused, None, Some("ada"))
    );
    assert_eq!((paused.pause_note.as_deref(), paused.version), (note, 2));
    let twice =
        change(&stage, &context, id, async |tx, schedule| pause_schedule(tx, schedule, None).await).await;
    assert!(matches!(twice, Err(ScheduleProblem::Paused)), "{twice:?}");
    // A process that starts, with another rhythm too, leaves the pause alone.
    let changed = [ScheduleDef::cron::<Work>("* * * * *")];
    Scheduler::enter(&stage.database, &changed, &tenants, &world).await.unwrap();
    fire_due(&stage).await;
    assert_eq!(stage.count("select count(*) from jobs.schedule_run").await, 0);
    assert_eq!(
        stage
            .count("select count(*) from jobs.schedule where paused_at is not null and next_at is null")
            .await,
        1
    );

    let run =
        change(&stage, &context, id, async |tx, schedule| run_schedule(tx, &schedule).await).await.unwrap();
    assert_eq!(run.outcome, Outcome::Fired, "by hand it runs all the same");
    let skipped =
        change(&stage, &context, id, async |tx, schedule| run_schedule(tx, &schedule).await).await.unwrap();
    assert_eq!((skipped.outcome, skipped.job_id), (Outcome::Skipped, None), "its policy holds");

    let resumed =
        change(&stage, &context, id, async |tx, schedule| resume_schedule(tx, schedule).await).await.unwrap();
    assert_eq!((resumed.state, resumed.paused_by, resumed.version), (ScheduleState::Active, None, 3));
    let next = resumed.next_at.unwrap();
    assert!(next > resumed.created_at && next <= Clock::system().now() + TimeDelta::minutes(1), "{next}");
    let twice = change(&stage, &context, id, async |tx, schedule| resume_schedule(tx, schedule).await).await;
    assert!(matches!(twice, Err(ScheduleProblem::NotPaused)), "{twice:?}");

    // What the platform declares is not the tenant's to change.
    let jobs = schedulable();
    let wanted = spec(json!({}));
    let changed = change(&stage, &context, id, async |tx, schedule| {
        update_schedule(tx, schedule, &jobs, &wanted).await
    })
    .await;
    assert!(matches!(changed, Err(ScheduleProblem::Declared)), "{changed:?}");
    let deleted =
        change(&stage, &context, id, async |tx, schedule| delete_schedule(tx, schedule).await).await;
    assert!(matches!(deleted, Err(ScheduleProblem::Declared)), "{deleted:?}");
    // Nor does a start of a process remove what the tenant has made.
    create(&stage, &context, json!({})).await.unwrap();
    Scheduler::enter(&stage.database, &[], &tenants, &world).await.unwrap();
    assert_eq!(stage.count("select count(*) from jobs.schedule where origin = 'tenant'").await, 1);
    assert_eq!(stage.count("select count(*) from jobs.schedule").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_fires_each_time_that_has_had_no_job_and_no_other() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let today = Clock::system().now().date_naive();
    let day = |back: u64| today.checked_sub_days(Days::new(back)).unwrap();
    let at = |back: u64| day(back).and_hms_opt(6, 0, 0).unwrap().and_utc();
    let made = create(&stage, &context, json!({"excludedDates": [day(4)]})).await.unwrap();
    // Of the last days, one was fired and one was missed.
    for (back, outcome, job) in [(3, "fired", "gen_random_uuid()"), (5, "missed", "null")] {
        stage
            .execute(&format!(
                "insert into jobs.schedule_run (tenant_id, id, schedule_id, nominal_at, trigger, outcome, job_id, fired_at) \
                 values ('{}', gen_random_uuid(), '{}', '{}', 'schedule', '{outcome}', {job}, now())",
                context.tenant_id(), made.id, at(back)
            ))
            .await;
    }
    let range = (at(6), at(2));
    let fill = async |range, overlap| {
        change(&stage, &context, made.id, async |tx, schedule| {
            backfill_schedule(tx, &schedule, range, overlap).await
        })
        .await
    };
    let first = fill(range, Overlap::BufferAll).await.unwrap();
    assert_eq!(first, Backfilled { fired: 1, buffered: 2, skipped: 0, already_run: 1 });
    let expected = [(2, Outcome::Buffered), (3, Outcome::Fired), (5, Outcome::Buffered), (6, Outcome::Fired)];
    assert_eq!(runs(&stage, &context, made.id).await, expected.map(|(back, outcome)| (at(back), outcome)));
    let second = fill(range, Overlap::AllowAll).await.unwrap();
    assert_eq!(second, Backfilled { already_run: 4, ..Backfilled::default() });
    assert_eq!(stage.count("select count(*) from jobs.job").await, 3);
    assert_eq!(stage.count("select count(distinct unique_key) from jobs.job").await, 3);

    // The scheduler comes late to times that were filled: they keep the jobs they have.
    stage
        .execute(&format!(
            "update jobs.schedule set next_at = '{}', misfire = 'all', catch_up_seconds = 600000",
            at(6)
        ))
        .await;
    fire_due(&stage).await;
    let jobs = stage.count("select count(*) from jobs.job").await;
    let later = runs(&stage, &context, made.id).await.len();
    assert_eq!(jobs + 1, i64::try_from(later).unwrap(), "one job a time, one of them not in the table");
    assert!(jobs > 3, "those of the last days are new");

    let now = Clock::system().now();
    for (range, pointer) in [
        ((now, now + TimeDelta::hours(1)), "/through"),
        ((at(2), at(3)), "/from"),
        ((now - TimeDelta::days(61), at(3)), "/from"),
    ] {
        let problem = fill(range, Overlap::Skip).await.unwrap_err();
        assert_eq!(pointers(&problem), [pointer]);
    }
    stage.execute("update jobs.schedule set cron = '* * * * *'").await;
    let long = fill(range, Overlap::Skip).await.unwrap_err();
    assert!(matches!(long, ScheduleProblem::RangeTooLong), "{long:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_at_its_end_stays_and_fires_no_more() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let end = Clock::system().now() + TimeDelta::days(3);
    let made = create(&stage, &context, json!({"endsAt": end})).await.unwrap();
    stage
        .execute("update jobs.schedule set next_at = next_at - interval '2 day', ends_at = now() - interval '1 min'")
        .await;
    fire_due(&stage).await;
    let ended = ScheduleRecord::from(stored(&stage, &context, made.id).await);
    assert_eq!((ended.state, ended.next_at), (ScheduleState::Ended, None));
    let mut tx = stage.database.tenant_tx(&context).await.unwrap();
    assert!(next_times(&mut tx, &stored(&stage, &context, made.id).await, 5).await.unwrap().is_empty());
    tx.commit(AuditEvent::info("test.looked")).await.unwrap();
}
