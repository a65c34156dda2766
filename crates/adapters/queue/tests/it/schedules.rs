//! Schedules fire each time once, whoever and however many look.

use std::collections::BTreeSet;
use std::time::Duration;

use athyper_adapter_queue::{
    ScheduleClock, ScheduleError, ScheduledTenant, Scheduler, TenantPage, TenantPages,
};
use athyper_kernel_db::{SystemReason, announce_tenant, follow_changes};
use athyper_kernel_jobs::ScheduleDef;
use athyper_kernel_tenant_context::ActorKind;
use athyper_kernel_types::{Clock, TenantId};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::Row as _;
use std::sync::{Arc, Mutex};

use crate::stage::{Running, Stage, Work, config, lifecycle, worker_of};

fn schedule(name: &'static str, cron: &'static str) -> ScheduleDef {
    ScheduleDef { max_attempts: 2, ..ScheduleDef::cron::<Work>(cron).named(name) }
}

pub(crate) fn tenants(zones: &[Tz]) -> Vec<ScheduledTenant> {
    let tenant = |(index, zone): (usize, &Tz)| ScheduledTenant {
        id: TenantId::new(&Clock::system()),
        realm_key: "main".to_owned(),
        tenant_key: format!("tenant-{index}"),
        zone: *zone,
    };
    zones.iter().enumerate().map(tenant).collect()
}

/// Enters the schedules without firing any.
pub(crate) async fn enter(
    stage: &Stage,
    schedules: &[ScheduleDef],
    tenants: &[ScheduledTenant],
) -> Result<(), ScheduleError> {
    Scheduler::enter(&stage.database, schedules, tenants, &ScheduleClock::database()).await
}

/// These tenants, in pages of two.
pub(crate) fn pages(tenants: &[ScheduledTenant]) -> TenantPages {
    shared_pages(Arc::new(Mutex::new(tenants.to_vec())))
}

fn shared_pages(tenants: Arc<Mutex<Vec<ScheduledTenant>>>) -> TenantPages {
    Arc::new(move |after| {
        let mut all = tenants.lock().unwrap().clone();
        all.sort_by_key(|tenant| tenant.id.uuid());
        all.retain(|tenant| tenant.id.uuid() > after.uuid());
        let is_more = all.len() > 2;
        all.truncate(2);
        let last = all.last().map(|tenant| tenant.id).filter(|_| is_more);
        Box::pin(async move { Ok(TenantPage { tenants: all, last }) })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_comes_while_it_runs_is_scheduled_and_one_that_goes_is_not() {
    let stage = Stage::new().await;
    let all = tenants(&[Tz::UTC; 5]);
    let (gone, kept) = (&all[1], &all[4]);
    let register = Arc::new(Mutex::new(all[..4].to_vec()));
    let schedules = [schedule("test.nightly", "0 3 * * *")];
    let life = lifecycle();
    let followed = stage.database.clone();
    let stopping = life.stopping();
    life.spawn("changes", async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = follow_changes(followed) => {}
        }
    });
    Scheduler::start(&stage.database, &life, &schedules, shared_pages(Arc::clone(&register))).await.unwrap();
    stage.counts("select count(*) from jobs.schedule", 4).await;

    register.lock().unwrap().retain(|tenant| tenant.id != gone.id);
    register.lock().unwrap().push(kept.clone());
    // Another process made the change.
    let mut tx = stage.connect().system_tx(SystemReason::RegisterTenants).await.unwrap();
    announce_tenant(&mut tx, kept.id, "main", &kept.tenant_key).await.unwrap();
    tx.commit().await.unwrap();
    let of = |tenant: &ScheduledTenant| {
        format!("select count(*) from jobs.schedule where tenant_id = '{}'", tenant.id.uuid())
    };
    stage.counts(&of(kept), 1).await;
    stage.counts(&of(gone), 0).await;
    stage.counts("select count(*) from jobs.schedule", 4).await;
    assert!(life.shutdown("test over").await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn four_schedulers_fire_each_nominal_time_once() {
    let stage = Stage::new().await;
    let names: Vec<&'static str> = (0..60).map(|n| &*format!("test.s{n}").leak()).collect();
    let schedules: Vec<ScheduleDef> = names.iter().map(|name| schedule(name, "0 * * * *")).collect();
    let tenants = tenants(&[Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York]);
    enter(&stage, &schedules, &tenants).await.unwrap();
    assert_eq!(stage.count("select count(*) from jobs.schedule where next_at > now()").await, 180);
    assert_eq!(stage.count("select count(*) from jobs.job").await, 0);

    for hours_back in [1, 0, 0] {
        // The last round gives the same times again: their keys are taken.
        stage
            .execute(&format!(
                "update jobs.schedule set next_at = date_trunc('hour', now()) - interval '{hours_back} h'"
            ))
            .await;
        let lives = [lifecycle(), lifecycle(), lifecycle(), lifecycle()];
        let databases = lives.each_ref().map(|_| stage.connect());
        let mut starts = Vec::new();
        for (life, database) in lives.iter().zip(&databases) {
            starts.push(Scheduler::start(database, life, &schedules, pages(&tenants)));
        }
        let [a, b, c, d] = <[_; 4]>::try_from(starts).ok().unwrap();
        tokio::try_join!(a, b, c, d).unwrap();
        stage.counts("select count(*) from jobs.schedule where next_at > now()", 180).await;
        for life in lives {
            assert!(life.shutdown("round over").await.is_clean());
        }
    }
    let keys: Vec<(String, String)> = sqlx::query_as("select tenant_key, unique_key from jobs.job")
        .fetch_all(&mut stage.admin().await)
        .await
        .unwrap();
    let distinct: BTreeSet<_> = keys.iter().collect();
    assert_eq!(keys.len(), distinct.len());
    // The hour may turn while the test runs; a schedule fires for at most two hours then.
    assert!(keys.len() == 180 || keys.len() == 360, "{}", keys.len());
    assert_eq!(
        stage.count("select count(distinct (tenant_id, unique_key)) from jobs.job").await,
        i64::try_from(keys.len()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_times_are_made_up_for_by_the_latest_alone() {
    let stage = Stage::new().await;
    let schedules = [schedule("test.hourly", "0 * * * *")];
    let tenants = tenants(&[Tz::UTC]);
    enter(&stage, &schedules, &tenants).await.unwrap();
    stage.execute("update jobs.schedule set next_at = date_trunc('hour', now()) - interval '50 h'").await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let contexts = Arc::clone(&seen);
    let worker = Running::start(
        &stage,
        vec![worker_of_any(move |context| {
            contexts.lock().unwrap().push(context);
        })],
        config("one"),
    );
    let life = lifecycle();
    Scheduler::start(&stage.database, &life, &schedules, pages(&tenants)).await.unwrap();
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(life.shutdown("test over").await.is_clean());
    worker.stop().await;

    let row =
        sqlx::query("select unique_key, enqueued_at, last_nominal_at, next_at from jobs.job, jobs.schedule")
            .fetch_all(&mut stage.admin().await)
            .await
            .unwrap();
    assert_eq!(row.len(), 1, "one job for fifty missed times");
    let at = |column| row[0].get::<DateTime<Utc>, _>(column);
    let hour = at("enqueued_at").duration_trunc(TimeDelta::hours(1)).unwrap();
    assert_eq!(at("last_nominal_at"), hour);
    assert_eq!(at("next_at"), hour + TimeDelta::hours(1));
    let key: String = row[0].get("unique_key");
    let nominal = hour.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert!(key.starts_with("schedule:") && key.ends_with(&nominal), "{key}");
    let runs = "select count(*) from jobs.schedule_run where outcome = ";
    assert_eq!(stage.count(&format!("{runs} 'missed'")).await, 50, "the others are recorded");
    assert_eq!(stage.count(&format!("{runs} 'fired' and job_id = (select id from jobs.job)")).await, 1);

    let contexts = seen.lock().unwrap();
    assert_eq!(contexts[0].tenant_id(), tenants[0].id);
    assert_eq!((contexts[0].actor().kind, contexts[0].actor().id.as_str()), (ActorKind::System, "scheduler"));
    assert!(contexts[0].request_id().starts_with("schedule-"));
}

/// A handler of the scheduled job's empty payload.
fn worker_of_any(
    see: impl Fn(athyper_kernel_tenant_context::TenantContext) + Send + Sync + 'static,
) -> athyper_kernel_jobs::JobType {
    let mut job_type = worker_of(|_, _| async { Ok(()) });
    job_type.handler = Arc::new(move |run| {
        see(run.context().clone());
        Box::pin(async { Ok(()) })
    });
    job_type
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_is_what_is_entered() {
    let stage = Stage::new().await;
    let both = tenants(&[Tz::UTC, Tz::Asia__Kolkata]);
    enter(&stage, &[schedule("test.kept", "0 6 * * *"), schedule("test.gone", "0 7 * * *")], &both)
        .await
        .unwrap();
    let local = "select count(*) from jobs.schedule where name = 'test.kept' \
                 and (next_at at time zone zone)::time = '06:00'";
    assert_eq!(stage.count(local).await, 2, "each tenant in its own zone");

    // A process that starts keeps the next time of a schedule that did not change, and sets it when it did.
    stage.execute("update jobs.schedule set next_at = '2100-01-01 00:00Z'").await;
    enter(&stage, &[schedule("test.kept", "0 6 * * *")], &both).await.unwrap();
    assert_eq!(stage.count("select count(*) from jobs.schedule").await, 2);
    assert_eq!(
        stage.count("select count(*) from jobs.schedule where next_at = '2100-01-01 00:00Z'").await,
        2
    );
    let changed = ScheduleDef { max_attempts: 9, ..schedule("test.kept", "30 8 * * *") };
    enter(&stage, &[changed], &both[..1]).await.unwrap();
    let set = "select count(*) from jobs.schedule where (next_at at time zone zone)::time = '08:30' \
               and next_at < now() + interval '25 h' and max_attempts = 9 and cron = '30 8 * * *'";
    assert_eq!((stage.count(set).await, stage.count("select count(*) from jobs.schedule").await), (1, 1));
    enter(&stage, &[], &both).await.unwrap();
    assert_eq!(stage.count("select count(*) from jobs.schedule").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_declarations_are_refused_and_enter_nothing() {
    let stage = Stage::new().await;
    let one = tenants(&[Tz::UTC]);
    let good = schedule("test.good", "0 6 * * *");
    let wrong = enter(&stage, &[good, schedule("test.wrong", "0 25 * * *")], &one).await.unwrap_err();
    assert!(wrong.to_string().starts_with("schedule test.wrong: the hour field"), "{wrong}");
    let twice = enter(&stage, &[good, good], &one).await.unwrap_err();
    assert!(matches!(twice, ScheduleError::Duplicate("test.good")), "{twice}");
    let tenants_own = enter(&stage, &[schedule("good", "0 6 * * *")], &one).await.unwrap_err();
    assert!(matches!(tenants_own, ScheduleError::Name("good")), "{tenants_own}");
    let never = enter(&stage, &[ScheduleDef::every::<Work>(0)], &one).await.unwrap_err();
    assert!(matches!(never, ScheduleError::NoInterval("test.work")), "{never}");
    assert_eq!(stage.count("select count(*) from jobs.schedule").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_of_an_older_release_leaves_newer_schedules_as_they_are() {
    let stage = Stage::new().await;
    let both = tenants(&[Tz::UTC, Tz::Asia__Kolkata]);
    enter(&stage, &[schedule("test.changed", "0 6 * * *"), schedule("test.new", "0 7 * * *")], &both)
        .await
        .unwrap();
    stage.execute("update jobs.schedule set release[1] = release[1] + 1").await;
    enter(&stage, &[schedule("test.changed", "0 5 * * *"), schedule("test.old", "0 4 * * *")], &both)
        .await
        .unwrap();
    let kept = "select count(*) from jobs.schedule where (name, cron) in \
                (('test.changed', '0 6 * * *'), ('test.new', '0 7 * * *'), ('test.old', '0 4 * * *'))";
    assert_eq!((stage.count(kept).await, stage.count("select count(*) from jobs.schedule").await), (6, 6));

    // The newer release itself may change and remove them.
    stage.execute("update jobs.schedule set release[1] = 0").await;
    enter(&stage, &[schedule("test.changed", "0 5 * * *")], &both).await.unwrap();
    let changed = "select count(*) from jobs.schedule where (name, cron) = ('test.changed', '0 5 * * *')";
    assert_eq!((stage.count(changed).await, stage.count("select count(*) from jobs.schedule").await), (2, 2));
}
