//! An hour of simulated time: four schedulers, two of them with clocks that are off, killed at random.

use std::collections::BTreeMap;
use std::time::Duration;

use athyper_adapter_queue::{ScheduleClock, ScheduledTenant, Scheduler};
use athyper_kernel_db::Database;
use athyper_kernel_jobs::schedule::{Calendar, Misfire, Overlap, Rhythm, ScheduleDef, SchedulePolicy};
use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::schedules::{enter, pages, tenants};
use crate::stage::{Stage, Work, lifecycle};

/// A source of chance that gives the same run for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

/// A node whose scheduler looks all the time, until it is killed.
struct Node {
    database: Database,
    clock: ScheduleClock,
    task: Option<JoinHandle<()>>,
}

impl Node {
    /// A node whose own clock is off by so much; only ids are made by it.
    fn new(stage: &Stage, world: &ScheduleClock, now: DateTime<Utc>, off: TimeDelta) -> Self {
        let (own, _) = Clock::manual(now + off);
        let pool = PgPoolOptions::new().max_connections(2).connect_lazy_with(stage.app_options());
        Self { database: Database::new(pool, own), clock: world.clone(), task: None }
    }

    #[expect(clippy::disallowed_methods, reason = "a task that is killed, not one that is waited for")]
    fn start(&mut self) {
        let (database, clock) = (self.database.clone(), self.clock.clone());
        self.task = Some(tokio::spawn(async move {
            loop {
                // What a killed scheduler held may still be rolling back.
                drop(Scheduler::fire_due(&database, &clock).await);
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }));
    }

    /// Drops the task where it stands, in the middle of a transaction or not.
    async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(task.await);
        }
    }
}

const EACH_TIME: SchedulePolicy = SchedulePolicy {
    misfire: Misfire::All,
    catch_up: TimeDelta::hours(2),
    overlap: Overlap::AllowAll,
    jitter: TimeDelta::seconds(30),
};

/// New York changes its clocks an hour after this, Lord Howe did so that day.
const START: &str = "2025-11-02T05:30:00Z";

const ZONES: [Tz; 4] = [Tz::UTC, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Asia__Kathmandu];

fn definitions() -> Vec<ScheduleDef> {
    vec![
        ScheduleDef::cron::<Work>("* * * * *").named("test.each_minute").policy(EACH_TIME),
        ScheduleDef::every::<Work>(420).named("test.seven_minutes").policy(EACH_TIME),
        ScheduleDef::cron::<Work>("*/15 1 * * *").named("test.in_the_fold").policy(EACH_TIME),
        ScheduleDef::cron::<Work>("45 * * * *").named("test.hourly").policy(EACH_TIME),
        ScheduleDef::every::<Work>(90).named("test.platform").policy(EACH_TIME).for_platform(),
    ]
}

/// All times that the schedule has in the simulated span, by the calendar alone.
fn expected(def: &ScheduleDef, zone: Tz, from: DateTime<Utc>, through: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    use athyper_kernel_jobs::schedule::RhythmDef;
    let rhythm = match def.rhythm {
        RhythmDef::Cron(expression) => {
            Rhythm::Cron(athyper_kernel_jobs::CronSchedule::parse(expression).unwrap())
        }
        RhythmDef::EverySeconds(seconds) => {
            Rhythm::Every { every: TimeDelta::seconds(seconds.into()), anchor: DateTime::UNIX_EPOCH }
        }
    };
    let excluded = std::collections::BTreeSet::new();
    let calendar = Calendar { rhythm, zone, starts_at: None, ends_at: None, excluded };
    calendar.upcoming(from).take_while(|time| *time <= through).collect()
}

/// Runs the simulated hour in steps, killing nodes as the dice fall, and gives the end.
async fn simulate(
    stage: &Stage,
    seed: u64,
    start: DateTime<Utc>,
    tenants: &[ScheduledTenant],
) -> DateTime<Utc> {
    let (time, hand) = Clock::manual(start);
    let world = ScheduleClock::given(time.clone());
    let definitions = definitions();
    Scheduler::enter(&stage.database, &definitions, tenants, &world).await.unwrap();
    let off = [TimeDelta::zero(), TimeDelta::minutes(2), TimeDelta::minutes(-2), TimeDelta::zero()];
    let mut nodes = off.map(|off| Node::new(stage, &world, start, off));
    for node in &mut nodes {
        node.start();
    }
    let mut dice = Dice(seed);
    let end = start + TimeDelta::hours(1);
    let mut kills = 0;
    while time.now() < end {
        hand.advance(TimeDelta::seconds(i64::try_from(1 + dice.below(75)).unwrap()));
        if time.now() > end {
            hand.set(end);
        }
        for node in &mut nodes {
            if dice.below(3) == 0 {
                // Somewhere within what it does for this step.
                tokio::time::sleep(Duration::from_micros(dice.below(9_000))).await;
                node.kill().await;
                kills += 1;
                if dice.below(2) == 0 {
                    node.start();
                }
            } else if node.task.is_none() {
                node.start();
            }
        }
    }
    for node in &mut nodes {
        if node.task.is_none() {
            node.start();
        }
    }
    stage.counts(&format!("select count(*) from jobs.schedule where next_at <= '{end}'"), 0).await;
    for node in &mut nodes {
        node.kill().await;
    }
    assert!(kills > 20, "{kills} kills");
    end
}

/// Simulates the hour under this seed, and holds what was fired against the calendar.
async fn each_time_fires_once(seed: u64) {
    let stage = Stage::new().await;
    let start: DateTime<Utc> = START.parse().unwrap();
    let tenants = tenants(&ZONES);
    let end = simulate(&stage, seed, start, &tenants).await;

    let fired: Vec<(Uuid, String, DateTime<Utc>, Uuid)> = sqlx::query_as(
        "select r.tenant_id, s.name, r.nominal_at, r.job_id from jobs.schedule_run r \
         join jobs.schedule s on s.tenant_id = r.tenant_id and s.id = r.schedule_id \
         where r.outcome = 'fired' order by r.nominal_at",
    )
    .fetch_all(&mut stage.admin().await)
    .await
    .unwrap();
    let mut by_schedule: BTreeMap<(Uuid, String), Vec<DateTime<Utc>>> = BTreeMap::new();
    for (tenant, name, nominal, _) in &fired {
        by_schedule.entry((*tenant, name.clone())).or_default().push(*nominal);
    }
    let mut times = 0;
    for def in definitions() {
        let is_platform = def.name == "test.platform";
        let owners: Vec<(Uuid, Tz)> = if is_platform {
            vec![(Uuid::nil(), Tz::UTC)]
        } else {
            tenants.iter().map(|tenant| (tenant.id.uuid(), tenant.zone)).collect()
        };
        for (tenant, zone) in owners {
            let wanted = expected(&def, zone, start, end);
            let found = by_schedule.remove(&(tenant, def.name.to_owned())).unwrap_or_default();
            assert_eq!(found, wanted, "{} in {zone}, seed {seed}", def.name);
            times += wanted.len();
        }
    }
    assert!(by_schedule.is_empty(), "{by_schedule:?}");
    let times = i64::try_from(times).unwrap();
    assert!(times > 300, "{times}");
    assert_eq!(stage.count("select count(*) from jobs.job").await, times, "one job each, seed {seed}");
    let delayed = "select count(*) from jobs.job j join jobs.schedule_run r on r.job_id = j.id \
                   where j.run_at >= r.nominal_at and j.run_at <= greatest(r.fired_at, r.nominal_at + interval '30 s')";
    assert_eq!(stage.count(delayed).await, times, "the jitter is bounded");
    assert_eq!(stage.count("select count(*) from jobs.schedule_run where outcome <> 'fired'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_time_of_an_hour_fires_once_however_schedulers_die() {
    for seed in 1..=2 {
        each_time_fires_once(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn soak_many_hours_of_dying_schedulers() {
    for seed in 3..=22 {
        each_time_fires_once(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_one_scheduler_changes_nothing_for_the_others() {
    let stage = Stage::new().await;
    let definitions = definitions();
    let tenants = tenants(&ZONES);
    enter(&stage, &definitions, &tenants).await.unwrap();
    let rows = "select count(*) from jobs.schedule where next_at > now()";
    let (first, second) = (lifecycle(), lifecycle());
    let (one, other) = (stage.connect(), stage.connect());
    Scheduler::start(&one, &first, &definitions, pages(&tenants)).await.unwrap();
    Scheduler::start(&other, &second, &definitions, pages(&tenants)).await.unwrap();
    assert!(first.shutdown("one goes").await.is_clean());
    let all = stage.count("select count(*) from jobs.schedule").await;
    assert_eq!(all, 17);
    stage.counts(rows, all).await;
    stage.execute("update jobs.schedule set next_at = now()").await;
    stage.counts(rows, all).await;
    // A time that the calendar does not have fires nothing; those that it has now are fired by the one that is left.
    stage
        .execute(
            "update jobs.schedule set next_at = date_trunc('minute', now()) where name = 'test.each_minute'",
        )
        .await;
    stage.counts(rows, all).await;
    assert!(stage.count("select count(*) from jobs.job where request_id like 'schedule-%'").await >= 4);
    assert!(second.shutdown("test over").await.is_clean());
}
