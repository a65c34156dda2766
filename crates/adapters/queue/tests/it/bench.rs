//! How fast the queue is beside the bare claim: `cargo xtask bench queue`. Prints, keeps the figures below `target/bench`, and
//! holds nothing against a clock: machines differ.
//!
//! The worker runs in this process, with pools and settings as those of the worker process; the jobs are entered by another pool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobRun, JobType, enqueue, enqueue_many};
use athyper_kernel_tenant_context::TenantContext;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::others;
use crate::stage::{Running, Stage, Work, tenant, work, worker_of};

/// Runs of which the middle one counts.
const RUNS: usize = 5;
/// Jobs of a run.
const JOBS: usize = 20_000;
/// Jobs that one transaction enters.
pub(crate) const BATCH: usize = 500;
/// Jobs that the bare claim takes at once.
const CLAIMED: usize = 50;
/// Jobs whose start at idle is measured.
const SINGLE: usize = 200;
/// The least jobs in a second.
const LEAST: f64 = 10_000.0;
/// The most milliseconds from a commit to the start of its job.
const MOST: f64 = 5.0;

/// What a worker that has nothing else to claim does at the least: takes jobs and says until when they are its own.
const CLAIM: &str = "begin;\nset local role athyper_system;\n\
    update jobs.job set state = 'running', attempt = attempt + 1, lease_token = gen_random_uuid(), \
    leased_until = clock_timestamp() + interval '30 seconds', leased_by = 'bench' where (tenant_id, id) in \
    (select tenant_id, id from jobs.job where state = 'available' order by priority, run_at, position limit :claimed \
    for update skip locked);\ncommit;\n";

#[test]
#[ignore = "measures: cargo xtask bench queue"]
fn bench_queue() {
    crate::stage::runtime().block_on(bench(RUNS, JOBS, SINGLE));
}

#[test]
fn the_bench_runs() {
    crate::stage::runtime().block_on(bench(1, 200, 3));
}

async fn bench(runs: usize, jobs: usize, single: usize) {
    let stage = Stage::new().await;
    let context = tenant("bench");
    let mut eight = Vec::new();
    let mut many = Vec::new();
    let mut drained = Vec::new();
    let mut bare = Vec::new();
    for run in 0..runs {
        eight.push(through(&stage, &context, jobs, 8, format!("eight-{run}")).await);
        many.push(through(&stage, &context, jobs, 64, format!("many-{run}")).await);
        drained.push(drain(&stage, &context, jobs, format!("drain-{run}")).await);
        bare.extend(claim(&stage, &context, jobs).await);
    }
    let mut figures = vec![
        at_least("insert to acknowledged, 8 jobs at once", median(eight), LEAST),
        at_least("insert to acknowledged, 64 jobs at once", median(many), LEAST),
        at_least("waiting jobs to acknowledged, 64 jobs at once", median(drained), LEAST),
    ];
    if bare.is_empty() {
        println!("there is no pgbench to compare with");
    } else {
        let bare = median(bare);
        println!("{:<52} {bare:>9.0} /s", format!("the bare claim of {CLAIMED} by pgbench, two clients"));
        figures.push(json!({"what": "the bare claim by pgbench", "figure": bare.round(), "unit": "/s"}));
    }
    figures.extend(wake(&stage, &context, single).await);
    if runs == 1 {
        return;
    }
    figures.extend(others::compare(runs, jobs).await);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/bench");
    fs::create_dir_all(&folder).unwrap();
    let kept = json!({"runs": runs, "jobs": jobs, "figures": figures,
        "database": "in memory, without fsync: that of the tests"});
    fs::write(folder.join("queue.json"), serde_json::to_vec_pretty(&kept).unwrap()).unwrap();
}

/// Does nothing.
fn idle() -> JobType {
    worker_of(|_: JobRun, _: Work| async { Ok(()) })
}

/// Enters jobs, some hundreds in each transaction.
async fn enter(stage: &Stage, context: &TenantContext, jobs: usize) {
    let mut left = jobs;
    while left > 0 {
        let batch = left.min(BATCH);
        let mut tx = stage.database.tenant_tx(context).await.unwrap();
        enqueue_many(&mut tx, (0..batch).map(|_| work("bench")).collect()).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
        left -= batch;
    }
}

/// Waits until so many jobs have been acknowledged, by the worker's own count: to ask the database again and again would be work
/// for it. Asks it once, at the end.
async fn until_all_are_done(stage: &Stage, running: &Running, jobs: usize) -> Instant {
    let jobs = u64::try_from(jobs).unwrap();
    while running.worker.stats().succeeded() < jobs {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let done = Instant::now();
    stage.counts("select count(*) from jobs.job where state <> 'succeeded'", 0).await;
    done
}

async fn clear(stage: &Stage) {
    stage.execute("delete from jobs.job").await;
    stage.execute("vacuum analyze jobs.job").await;
}

/// Jobs in a second from the first that is entered to the last that is acknowledged, while a worker runs.
async fn through(stage: &Stage, context: &TenantContext, jobs: usize, at_once: usize, id: String) -> f64 {
    let running = Running::start(stage, vec![idle()], as_configured(id, at_once));
    let began = Instant::now();
    enter(stage, context, jobs).await;
    let done = until_all_are_done(stage, &running, jobs).await;
    running.stop().await;
    clear(stage).await;
    rate(jobs, done.duration_since(began))
}

/// Jobs in a second that wait when the worker starts.
async fn drain(stage: &Stage, context: &TenantContext, jobs: usize, id: String) -> f64 {
    enter(stage, context, jobs).await;
    let began = Instant::now();
    let running = Running::start(stage, vec![idle()], as_configured(id, 64));
    let done = until_all_are_done(stage, &running, jobs).await;
    running.stop().await;
    clear(stage).await;
    rate(jobs, done.duration_since(began))
}

/// Jobs in a second that the bare statement claims; none without pgbench.
async fn claim(stage: &Stage, context: &TenantContext, jobs: usize) -> Option<f64> {
    let program = pgbench()?;
    enter(stage, context, jobs).await;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("claim.sql");
    fs::write(&script, CLAIM).unwrap();
    let transactions = (jobs / CLAIMED / 2).to_string();
    let claimed = format!("claimed={CLAIMED}");
    let output = Command::new(program)
        .args(["-n", "-M", "prepared", "-c", "2", "-j", "2", "-t", &transactions, "-D", &claimed, "-f"])
        .arg(&script)
        .arg(stage.app_url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    clear(stage).await;
    let tps =
        said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    Some(tps.unwrap() * f64::from(u32::try_from(CLAIMED).unwrap()))
}

/// Milliseconds from the commit to the start of its job, where nothing else is to be done.
async fn wake(stage: &Stage, context: &TenantContext, jobs: usize) -> [Value; 2] {
    let (started, mut starts) = mpsc::unbounded_channel();
    let tell = worker_of(move |_: JobRun, _: Work| {
        let started = started.clone();
        async move {
            started.send(Instant::now()).unwrap();
            Ok(())
        }
    });
    let running = Running::start(stage, vec![tell], as_configured("wake".to_owned(), 8));
    let mut times = Vec::new();
    for number in 0..=jobs {
        tokio::time::sleep(Duration::from_millis(30)).await;
        let mut tx = stage.database.tenant_tx(context).await.unwrap();
        enqueue(&mut tx, work("bench")).await.unwrap();
        let committed = Instant::now();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
        let start = starts.recv().await.unwrap();
        // The first one waits for the worker's own start.
        if number > 0 {
            times.push(start.duration_since(committed).as_secs_f64() * 1e3);
        }
    }
    running.stop().await;
    clear(stage).await;
    times.sort_by(f64::total_cmp);
    let most = times[(times.len() - 1) * 99 / 100];
    println!("{:<52} {most:>9.2} ms", "commit to start at idle, 99 %");
    [
        at_most("commit to start at idle, median", median(times), MOST),
        json!({"what": "commit to start at idle, 99 %", "figure": rounded(most), "unit": "ms"}),
    ]
}

/// As the worker process has it, but for the jobs at once.
fn as_configured(id: String, at_once: usize) -> WorkerConfig {
    WorkerConfig { concurrency: at_once, ..WorkerConfig::new(id) }
}

fn rate(jobs: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(jobs).unwrap()) / took.as_secs_f64()
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

fn at_least(what: &str, figure: f64, bar: f64) -> Value {
    let verdict = if figure >= bar { "kept" } else { "MISSED" };
    println!("{what:<52} {figure:>9.0} /s at least {bar}: {verdict}");
    json!({"what": what, "figure": figure.round(), "unit": "/s", "atLeast": bar, "kept": figure >= bar})
}

fn at_most(what: &str, figure: f64, bar: f64) -> Value {
    let verdict = if figure <= bar { "kept" } else { "MISSED" };
    println!("{what:<52} {figure:>9.2} ms at most {bar}: {verdict}");
    json!({"what": what, "figure": rounded(figure), "unit": "ms", "atMost": bar, "kept": figure <= bar})
}

/// Where Debian puts PostgreSQL's programs; the newest.
fn pgbench() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin/pgbench")).collect();
    found.retain(|program| program.is_file());
    found.sort();
    found.pop()
}
