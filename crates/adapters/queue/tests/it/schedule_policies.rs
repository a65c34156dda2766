//! Policies on real rows: overlapping jobs, and times that were missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use athyper_adapter_queue::{ScheduleClock, ScheduledTenant, Scheduler, WorkerConfig};
use athyper_kernel_jobs::schedule::{Misfire, Overlap, ScheduleDef, SchedulePolicy};
use athyper_kernel_jobs::{RETENTION_SCHEDULES, RetentionRules, retention_job};
use athyper_kernel_types::{Clock, ManualClock};
use athyper_test_kit::folder_uploads;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use chrono_tz::Tz;
use tokio::sync::Semaphore;

use crate::schedules::tenants;
use crate::stage::{Running, Stage, Work, config, worker_of};

/// A schedule of one tenant, under a clock that stands until it is moved.
struct Simulated {
    stage: Stage,
    world: ScheduleClock,
    clock: Clock,
    hand: ManualClock,
    definitions: Vec<ScheduleDef>,
    tenants: Vec<ScheduledTenant>,
}

impl Simulated {
    /// Starts on the hour, two days ago.
    async fn new(def: ScheduleDef) -> Self {
        let start = Clock::system().now().duration_trunc(TimeDelta::hours(1)).unwrap() - TimeDelta::days(2);
        let (clock, hand) = Clock::manual(start);
        let (world, tenants) = (ScheduleClock::given(clock.clone()), tenants(&[Tz::UTC]));
        let simulated =
            Self { stage: Stage::new().await, world, clock, hand, definitions: vec![def], tenants };
        simulated.enter().await;
        simulated
    }

    async fn enter(&self) {
        let database = &self.stage.database;
        Scheduler::enter(database, &self.definitions, &self.tenants, &self.world).await.unwrap();
    }

    /// Lets so much time pass, and looks once.
    async fn pass(&self, time: TimeDelta) {
        self.hand.advance(time);
        Scheduler::fire_due(&self.stage.database, &self.world).await.unwrap();
    }

    /// What became of all times so far: each nominal time with its outcome.
    async fn outcomes(&self) -> Vec<(DateTime<Utc>, String)> {
        sqlx::query_as("select nominal_at, outcome from jobs.schedule_run order by nominal_at")
            .fetch_all(&mut self.stage.admin().await)
            .await
            .unwrap()
    }

    async fn latest(&self) -> String {
        self.outcomes().await.pop().unwrap().1
    }
}

fn overlapping(overlap: Overlap) -> ScheduleDef {
    let policy = SchedulePolicy { overlap, misfire: Misfire::All, ..SchedulePolicy::DEFAULT };
    ScheduleDef::cron::<Work>("* * * * *").named("test.minutely").policy(policy)
}

/// What a job of the model stands at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    Waits,
    Runs,
}

/// What the rules say becomes of a time, and what they leave of the jobs.
fn rule(overlap: Overlap, jobs: &mut Vec<Model>) -> &'static str {
    let outcome = match (overlap, jobs.len()) {
        (Overlap::AllowAll, _) | (_, 0) => "fired",
        (Overlap::BufferOne, 1) | (Overlap::BufferAll, _) => "buffered",
        (Overlap::Skip | Overlap::BufferOne, _) => "skipped",
        (Overlap::CancelOther, _) => {
            // A job that runs is asked to stop, and is there until it has.
            jobs.retain(|job| *job == Model::Runs);
            "fired"
        }
    };
    if outcome != "skipped" {
        jobs.push(Model::Waits);
    }
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_meets_a_job_fares_as_the_policy_says() {
    let all =
        [Overlap::Skip, Overlap::BufferOne, Overlap::BufferAll, Overlap::CancelOther, Overlap::AllowAll];
    for overlap in all {
        let simulated = Simulated::new(overlapping(overlap)).await;
        let mut jobs: Vec<Model> = Vec::new();
        // A run of steps that no policy meets in the same state twice: time, start of a job, end of a job.
        let mut dice: u64 = 7;
        for step in 0..25 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match (dice >> 33) % 5 {
                0..=2 => {
                    let expected = rule(overlap, &mut jobs);
                    simulated.pass(TimeDelta::minutes(1)).await;
                    assert_eq!(simulated.latest().await, expected, "{overlap:?}, step {step}");
                }
                3 => {
                    // Jobs of one key run one after the other; without a key they run side by side.
                    let is_free = overlap == Overlap::AllowAll || !jobs.contains(&Model::Runs);
                    if let Some(first) = jobs.iter_mut().find(|job| **job == Model::Waits && is_free) {
                        *first = Model::Runs;
                        simulated
                            .stage
                            .execute(
                                "update jobs.job set state = 'running', lease_token = gen_random_uuid() \
                                 where position = (select min(position) from jobs.job where state = 'available')",
                            )
                            .await;
                    }
                }
                _ => {
                    if let Some(first) = jobs.iter().position(|job| *job == Model::Runs) {
                        jobs.remove(first);
                        simulated
                            .stage
                            .execute(
                                "update jobs.job set state = 'succeeded', lease_token = null, finished_at = now() \
                                 where position = (select min(position) from jobs.job where state = 'running')",
                            )
                            .await;
                    }
                }
            }
            let unfinished = "select count(*) from jobs.job where state in ('available', 'running')";
            let found = usize::try_from(simulated.stage.count(unfinished).await).unwrap();
            assert_eq!(found, jobs.len(), "{overlap:?}, step {step}");
        }
        let asked = "select count(*) from jobs.job where cancel_requested_at is not null";
        assert_eq!(simulated.stage.count(asked).await > 0, overlap == Overlap::CancelOther, "{overlap:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buffered_jobs_run_one_after_the_other() {
    let simulated = Simulated::new(overlapping(Overlap::BufferAll)).await;
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running, peak) = (Arc::clone(&at_once), Arc::clone(&most));
    let mut job_type = worker_of(|_, _| async { Ok(()) });
    job_type.handler = Arc::new(move |_| {
        let (running, peak) = (Arc::clone(&running), Arc::clone(&peak));
        Box::pin(async move {
            peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        })
    });
    let worker = Running::start(&simulated.stage, vec![job_type], config("one"));
    for _ in 0..5 {
        simulated.pass(TimeDelta::minutes(1)).await;
    }
    simulated.stage.counts("select count(*) from jobs.job where state = 'succeeded'", 5).await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_stops_before_the_next_one_starts() {
    let simulated = Simulated::new(overlapping(Overlap::CancelOther)).await;
    let go = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go);
    let mut job_type = worker_of(|_, _| async { Ok(()) });
    job_type.handler = Arc::new(move |_| {
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        })
    });
    let settings = WorkerConfig { lease: Duration::from_secs(1), ..config("one") };
    let worker = Running::start(&simulated.stage, vec![job_type], settings);
    simulated.pass(TimeDelta::minutes(1)).await;
    simulated.stage.counts("select count(*) from jobs.job where state = 'running'", 1).await;
    simulated.pass(TimeDelta::minutes(1)).await;
    simulated.stage.counts("select count(*) from jobs.job where state = 'cancelled'", 1).await;
    simulated.stage.counts("select count(*) from jobs.job where state = 'running'", 1).await;
    go.add_permits(1);
    simulated.stage.counts("select count(*) from jobs.job where state = 'succeeded'", 1).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_times_fare_as_the_policy_says() {
    // Five hourly times pass unseen; the catch-up window reaches back to the third of them.
    for (misfire, expected) in [
        (Misfire::Once, ["missed", "missed", "missed", "missed", "fired"]),
        (Misfire::None, ["missed", "missed", "missed", "missed", "missed"]),
        (Misfire::All, ["missed", "missed", "fired", "fired", "fired"]),
    ] {
        let catch_up = TimeDelta::minutes(150);
        let policy =
            SchedulePolicy { misfire, catch_up, overlap: Overlap::AllowAll, ..SchedulePolicy::DEFAULT };
        let hourly = ScheduleDef::every::<Work>(3_600).named("test.hourly").policy(policy);
        let simulated = Simulated::new(hourly).await;
        let start = simulated.clock.now();
        simulated.pass(TimeDelta::minutes(5 * 60 + 20)).await;
        let outcomes = simulated.outcomes().await;
        let words: Vec<&str> = outcomes.iter().map(|(_, outcome)| outcome.as_str()).collect();
        assert_eq!(words, expected, "{misfire:?}");
        let times: Vec<_> = outcomes.iter().map(|(time, _)| *time).collect();
        let hours: Vec<_> = (1..=5).map(|hours| start + TimeDelta::hours(hours)).collect();
        assert_eq!(times, hours, "{misfire:?}");
        let jobs = i64::try_from(words.iter().filter(|word| **word == "fired").count()).unwrap();
        assert_eq!(simulated.stage.count("select count(*) from jobs.job").await, jobs);
        // Another start changes neither the fates nor the next time.
        simulated.enter().await;
        simulated.pass(TimeDelta::zero()).await;
        assert_eq!(simulated.outcomes().await, outcomes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_stood_still_for_long_is_caught_up_with_in_turns() {
    let policy = SchedulePolicy {
        misfire: Misfire::All,
        catch_up: TimeDelta::hours(10),
        overlap: Overlap::AllowAll,
        ..SchedulePolicy::DEFAULT
    };
    let minutely = ScheduleDef::every::<Work>(60).named("test.minutely").policy(policy);
    let simulated = Simulated::new(minutely).await;
    simulated.pass(TimeDelta::hours(30)).await;
    let stage = &simulated.stage;
    let of =
        async |what: &str| stage.count(&format!("select count(*) from jobs.schedule_run where {what}")).await;
    assert_eq!(of("outcome = 'fired'").await, 601);
    assert_eq!(of("outcome = 'missed' and through_at is null").await, 100);
    assert_eq!(of("outcome = 'missed' and through_at is not null").await, 1, "the rest shares a row");
    let gap = "select count(*) from jobs.schedule_run where through_at = nominal_at + interval '1098 min'";
    assert_eq!(stage.count(gap).await, 1, "1199 times were missed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_cannot_be_read_does_not_hold_up_the_others() {
    let simulated = Simulated::new(overlapping(Overlap::AllowAll)).await;
    let stage = &simulated.stage;
    stage
        .execute(
            "insert into jobs.schedule (tenant_id, id, name, job_type, queue, max_attempts, cron, zone, realm_key, \
               tenant_key, next_at) \
             select tenant_id, gen_random_uuid(), 'test.' || wrong, job_type, queue, max_attempts, \
               case wrong when 'cron' then 'nonsense' else cron end, \
               case wrong when 'zone' then 'Mars/Base' else zone end, realm_key, tenant_key, next_at \
             from jobs.schedule, unnest(array['cron', 'zone']) as w(wrong)",
        )
        .await;
    simulated.pass(TimeDelta::minutes(1)).await;
    assert_eq!(stage.count("select count(*) from jobs.job").await, 1);
    let put_off = format!(
        "select count(*) from jobs.schedule where next_at = '{}'",
        simulated.clock.now() + TimeDelta::hours(1)
    );
    assert_eq!(stage.count(&put_off).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_has_one_job_of_its_own() {
    let simulated = Simulated::new(RETENTION_SCHEDULES[1]).await;
    let stage = &simulated.stage;
    stage
        .execute(
            "insert into jobs.schedule_run (tenant_id, id, schedule_id, nominal_at, trigger, outcome, fired_at) \
             select id, gen_random_uuid(), gen_random_uuid(), now() - interval '1 year', 'schedule', 'missed', \
               now() - interval '1 year' from unnest(array['00000000-0000-0000-0000-000000000000', \
               gen_random_uuid()::text]::uuid[]) as t(id)",
        )
        .await;
    simulated.pass(TimeDelta::hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let job = retention_job(RetentionRules::default(), folder_uploads(folder.path(), Clock::system()));
    let worker = Running::start(stage, vec![job], config("one"));
    let own = "tenant_id = '00000000-0000-0000-0000-000000000000'";
    stage.counts(&format!("select count(*) from jobs.job where state = 'succeeded' and {own}"), 1).await;
    worker.stop().await;
    assert_eq!(stage.count("select count(*) from jobs.job").await, 1);
    let old = "select count(*) from jobs.schedule_run where outcome = 'missed'";
    assert_eq!(stage.count(old).await, 1, "what is old of a tenant is not the platform's");
    assert_eq!(stage.count(&format!("{old} and {own}")).await, 0);
    assert_eq!(
        stage
            .count(&format!(
                "select count(*) from audit.event where type = 'platform.apply_retention' \
                 and meta ? 'scheduleRuns' and {own}"
            ))
            .await,
        1
    );
}
