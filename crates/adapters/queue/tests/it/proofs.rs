//! Worker processes that are killed and held up: no job is lost, none takes effect twice or in a wrong handler.

use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use athyper_adapter_queue::{Worker, WorkerConfig};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::Database;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, JobType, NewJob, enqueue_many};
use athyper_kernel_types::Clock;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::stage::{PATIENCE, Running, Stage, config, contexts, lifecycle, tenant};

const NAMES: [&str; 10] = [
    "proof.t0", "proof.t1", "proof.t2", "proof.t3", "proof.t4", "proof.t5", "proof.t6", "proof.t7",
    "proof.t8", "proof.t9",
];
/// Worker processes at work.
const PROCESSES: usize = 8;
const LEASE: Duration = Duration::from_secs(2);
/// Where handlers leave what they did.
const EFFECTS: &str = "create schema proof; \
    create table proof.effect (job_id uuid not null, type text not null, by_worker text not null); \
    create table proof.tried (by_worker text not null, result text not null); \
    grant usage on schema proof to athyper_app; grant insert, select on proof.effect, proof.tried to athyper_app";

/// A job whose number says which type it is of.
#[derive(Serialize, Deserialize)]
struct Numbered<const TYPE: usize> {
    number: u32,
}

impl<const TYPE: usize> JobPayload for Numbered<TYPE> {
    const NAME: &'static str = NAMES[TYPE];
    const MAX_ATTEMPTS: i16 = 10_000;
}

/// A job that kills its worker.
#[derive(Serialize, Deserialize)]
struct Poison {}

impl JobPayload for Poison {
    const NAME: &'static str = "proof.poison";
    const MAX_ATTEMPTS: i16 = 3;
}

/// A job that is done a while after its worker has lost it.
#[derive(Serialize, Deserialize)]
struct Late {}

impl JobPayload for Late {
    const NAME: &'static str = "proof.late";
}

/// Leaves the effect of this type's handler, once, together with the end of the job.
async fn leave_effect(run: &JobRun, name: &str, by_worker: &str) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    sqlx::query("insert into proof.effect (job_id, type, by_worker) values ($1, $2, $3)")
        .bind(run.id().uuid())
        .bind(name)
        .bind(by_worker)
        .execute(tx.conn())
        .await?;
    run.complete(tx, AuditEvent::info("test.done")).await
}

fn numbered<const TYPE: usize>(by_worker: &str) -> JobType {
    let by_worker = by_worker.to_owned();
    JobType::new(&Numbered::<TYPE> { number: 0 }, move |run, job: Numbered<TYPE>| {
        let by_worker = by_worker.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(u64::from(job.number % 7))).await;
            leave_effect(&run, NAMES[TYPE], &by_worker).await
        }
    })
}

fn types(by_worker: &str) -> Vec<JobType> {
    vec![
        numbered::<0>(by_worker),
        numbered::<1>(by_worker),
        numbered::<2>(by_worker),
        numbered::<3>(by_worker),
        numbered::<4>(by_worker),
        numbered::<5>(by_worker),
        numbered::<6>(by_worker),
        numbered::<7>(by_worker),
        numbered::<8>(by_worker),
        numbered::<9>(by_worker),
        JobType::new(&Poison {}, |_, _| async { std::process::abort() }),
    ]
}

fn job(number: u32) -> NewJob {
    let mut job = match number % 10 {
        0 => NewJob::new(&Numbered::<0> { number }),
        1 => NewJob::new(&Numbered::<1> { number }),
        2 => NewJob::new(&Numbered::<2> { number }),
        3 => NewJob::new(&Numbered::<3> { number }),
        4 => NewJob::new(&Numbered::<4> { number }),
        5 => NewJob::new(&Numbered::<5> { number }),
        6 => NewJob::new(&Numbered::<6> { number }),
        7 => NewJob::new(&Numbered::<7> { number }),
        8 => NewJob::new(&Numbered::<8> { number }),
        _ => NewJob::new(&Numbered::<9> { number }),
    }
    .unwrap();
    if number % 20 == 1 {
        job = job.serial_key("serial");
    }
    if number % 20 == 2 {
        job = job.limit("three", 3);
    }
    job
}

/// What a worker process is told, in one line of its standard input.
#[derive(Serialize, Deserialize)]
struct Order {
    url: String,
    worker_id: String,
}

/// One worker process; without an order, as when all ignored tests are run, it does nothing.
#[test]
#[ignore = "the other tests start it as a process of its own"]
fn worker_process() {
    let mut line = String::new();
    let stdin = std::io::stdin();
    stdin.lock().read_line(&mut line).unwrap();
    let Ok(order) = serde_json::from_str::<Order>(&line) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // It ends with whoever started it.
    std::thread::spawn(move || {
        let mut rest = String::new();
        while stdin.lock().read_line(&mut rest).is_ok_and(|bytes| bytes > 0) {}
        std::process::abort();
    });
    runtime.block_on(async {
        let options: PgConnectOptions = order.url.parse().unwrap();
        let pool = PgPoolOptions::new().max_connections(6).acquire_timeout(Duration::from_secs(20));
        let database = Database::new(pool.connect_lazy_with(options), Clock::system());
        let mut types = types(&order.worker_id);
        types.push(late(&order.worker_id, &database));
        let settings = WorkerConfig { concurrency: 4, lease: LEASE, ..config(&order.worker_id) };
        let lifecycle = lifecycle();
        let _worker = Worker::start(&database, &lifecycle, types, contexts(), settings).unwrap();
        std::future::pending::<()>().await;
    });
}

/// Starts a worker process.
fn start_process(stage: &Stage, worker_id: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["proofs::worker_process", "--exact", "--ignored"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let order = Order { url: stage.app_url(), worker_id: worker_id.to_owned() };
    let line = serde_json::to_string(&order).unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{line}").unwrap();
    child
}

/// Worker processes, each replaced when it has ended.
struct Fleet<'a> {
    stage: &'a Stage,
    processes: Vec<Child>,
    started: usize,
    dice: u64,
}

impl<'a> Fleet<'a> {
    fn new(stage: &'a Stage) -> Self {
        let mut fleet = Self { stage, processes: Vec::new(), started: 0, dice: 0x9e37_79b9_7f4a_7c15 };
        for _ in 0..PROCESSES {
            let process = fleet.start();
            fleet.processes.push(process);
        }
        fleet
    }

    fn start(&mut self) -> Child {
        self.started += 1;
        start_process(self.stage, &format!("process-{}", self.started))
    }

    /// A number below `bound` (Marsaglia, Xorshift RNGs, 2003): the same in every run.
    fn throw(&mut self, bound: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        usize::try_from(self.dice % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Kills one of them at once and starts another.
    fn kill_one(&mut self) {
        let victim = self.throw(PROCESSES);
        self.processes[victim].kill().unwrap();
        self.processes[victim].wait().unwrap();
        self.processes[victim] = self.start();
    }

    /// Replaces those that have ended by themselves.
    fn tend(&mut self) {
        for place in 0..PROCESSES {
            if self.processes[place].try_wait().unwrap().is_some() {
                self.processes[place] = self.start();
            }
        }
    }
}

impl Drop for Fleet<'_> {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

async fn enqueue_all(stage: &Stage, jobs: u32) {
    let contexts = ["acme", "umbrella", "globex"].map(tenant);
    for first in (0..jobs).step_by(1_000) {
        let context = &contexts[usize::try_from(first / 1_000).unwrap() % contexts.len()];
        let mut tx = stage.database.tenant_tx(context).await.unwrap();
        let batch = (first..jobs.min(first + 1_000)).map(job).collect();
        enqueue_many(&mut tx, batch).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
    }
}

/// Runs so many jobs and kills so many processes, evenly over the work, and checks what came of it.
async fn kill_workers(jobs: u32, kills: u32) {
    let stage = Stage::new().await;
    stage.execute(EFFECTS).await;
    enqueue_all(&stage, jobs).await;
    let begun = Instant::now();
    let mut told = begun;
    let mut fleet = Fleet::new(&stage);
    let (mut killed, mut moved, mut most) = (0, (0, Instant::now()), (0, 0));
    loop {
        let done = stage.count("select count(*) from proof.effect").await;
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            println!("{done} of {jobs} jobs, {killed} kills, {:.0} s", begun.elapsed().as_secs_f64());
        }
        if done > moved.0 {
            moved = (done, Instant::now());
        }
        assert!(moved.1.elapsed() < PATIENCE, "nothing has moved since {done} of {jobs} were done");
        let due = u32::try_from(done).unwrap() * (kills + 1) / jobs;
        while killed < due.min(kills) {
            fleet.kill_one();
            killed += 1;
        }
        let running = "select coalesce(max(n) filter (where serial), 0), coalesce(max(n) filter (where not serial), 0) \
            from (select gate like 'serial%' as serial, count(*) as n from jobs.job \
            where gate is not null and state = 'running' group by tenant_id, gate) g";
        let now: (i64, i64) = sqlx::query_as(running).fetch_one(&mut stage.admin().await).await.unwrap();
        most = (most.0.max(now.0), most.1.max(now.1));
        if done == i64::from(jobs) && killed == kills {
            break;
        }
        fleet.tend();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", jobs.into()).await;
    let took = begun.elapsed().as_secs_f64();
    let lost = stage.count("select sum(jsonb_array_length(errors))::bigint from jobs.job").await;
    println!("{jobs} jobs, {killed} kills, {lost} runs lost, {:.0} jobs in a second", f64::from(jobs) / took);
    assert_eq!(stage.count("select count(*) from proof.effect").await, i64::from(jobs));
    assert_eq!(stage.count("select count(distinct job_id) from proof.effect").await, i64::from(jobs));
    let wrong = "select count(*) from proof.effect e join jobs.job j on j.id = e.job_id where e.type <> j.type \
        or right(e.type, 1) <> right(j.payload ->> 'number', 1)";
    assert_eq!(stage.count(wrong).await, 0, "a wrong handler ran a job");
    assert!(lost > 0 || kills == 0, "the kills met no job");
    assert!(most.0 <= 1 && most.1 <= 3, "more ran at once than their gates let through: {most:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_no_job_is_lost_or_doubled_when_workers_are_killed() {
    kill_workers(2_000, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: run it by `cargo xtask soak queue`"]
async fn soak_a_hundred_thousand_jobs() {
    kill_workers(100_000, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: run it by `cargo xtask soak queue`"]
async fn soak_a_hundred_thousand_jobs_and_a_thousand_kills() {
    kill_workers(100_000, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_a_job_that_kills_its_worker_process_ends_dead() {
    let stage = Stage::new().await;
    stage.execute(EFFECTS).await;
    let poison = stage.enqueue(&tenant("acme"), NewJob::new(&Poison {}).unwrap()).await;
    let mut fleet = Fleet::new(&stage);
    let begun = Instant::now();
    while stage.job(poison).await.state != "dead" {
        assert!(begun.elapsed() < PATIENCE, "never dead: {:?}", stage.job(poison).await);
        fleet.tend();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let dead = stage.job(poison).await;
    assert_eq!((dead.attempt, dead.messages().len()), (3, 3));
    assert!(fleet.started >= PROCESSES + 2, "{} processes were started", fleet.started);
}

/// A type whose first run tries to complete the job from a task that outlives the handler, after the word to go.
fn late(by_worker: &str, database: &Database) -> JobType {
    let (by_worker, database) = (by_worker.to_owned(), database.clone());
    JobType::new(&Late {}, move |run: JobRun, _| {
        let (by_worker, database) = (by_worker.clone(), database.clone());
        async move {
            if run.attempt() > 1 {
                return leave_effect(&run, Late::NAME, &by_worker).await;
            }
            let outlives = async move {
                // By then another worker has done the job.
                loop {
                    let mut tx = run.tx().await.unwrap();
                    let done: i64 = sqlx::query_scalar("select count(*) from proof.effect")
                        .fetch_one(tx.conn())
                        .await
                        .unwrap();
                    tx.rollback().await.unwrap();
                    if done > 0 {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let result = leave_effect(&run, Late::NAME, &by_worker).await;
                let mut tx = database.tenant_tx(run.context()).await.unwrap();
                sqlx::query("insert into proof.tried (by_worker, result) values ($1, $2)")
                    .bind(by_worker)
                    .bind(format!("{result:?}"))
                    .execute(tx.conn())
                    .await
                    .unwrap();
                tx.commit(AuditEvent::info("test.tried")).await.unwrap();
            };
            #[expect(clippy::disallowed_methods, reason = "the task must not end with its handler")]
            drop(tokio::spawn(outlives));
            std::future::pending().await
        }
    })
}

fn signal(process: &Child, signal: &str) {
    let kill = format!("kill -{signal} {}", process.id());
    assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_a_worker_that_was_held_up_past_its_lease_completes_nothing() {
    let stage = Stage::new().await;
    stage.execute(EFFECTS).await;
    let id = stage.enqueue(&tenant("acme"), NewJob::new(&Late {}).unwrap()).await;
    let mut held_up = start_process(&stage, "held-up");
    stage.reaches(id, "running").await;
    signal(&held_up, "STOP");
    let other = Running::start(
        &stage,
        vec![late("other", &stage.database)],
        WorkerConfig { lease: LEASE, ..config("other") },
    );
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!(job.attempt, 2);
    signal(&held_up, "CONT");
    stage.counts("select count(*) from proof.tried", 1).await;
    let tried: (String, String) = sqlx::query_as("select by_worker, result from proof.tried")
        .fetch_one(&mut stage.admin().await)
        .await
        .unwrap();
    assert_eq!(tried, ("held-up".to_owned(), "Err(LeaseLost)".to_owned()));
    assert_eq!(stage.count("select count(*) from proof.effect where by_worker = 'other'").await, 1);
    assert_eq!(stage.count("select count(*) from proof.effect").await, 1);
    held_up.kill().unwrap();
    held_up.wait().unwrap();
    other.stop().await;
}
