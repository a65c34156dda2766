//! Limits by key, by type and by queue are exact, whatever the workers do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{Backoff, JobError, JobType, NewJob, cancel_job, enqueue_many, replay_job};
use athyper_kernel_tenant_context::TenantContext;
use tokio::sync::Semaphore;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

const WAITING: &str = "select count(*) from jobs.job where state in ('available', 'running')";

/// How many run at this moment, and how many ever ran at once.
#[derive(Default)]
struct Peak {
    now: AtomicI64,
    most: AtomicI64,
}

impl Peak {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A type whose runs are counted; every fifth job fails once.
fn counted(peak: &Arc<Peak>) -> JobType {
    let peak = Arc::clone(peak);
    worker_of(move |run, work| {
        let peak = Arc::clone(&peak);
        async move {
            peak.enter();
            tokio::time::sleep(Duration::from_millis(3)).await;
            peak.leave();
            let fails = work.tag.parse::<u32>().is_ok_and(|number| number % 5 == 0) && run.attempt() == 1;
            if fails { Err(JobError::retry("fails once")) } else { Ok(()) }
        }
    })
    .backoff(Backoff { first: Duration::from_millis(20), most: Duration::from_millis(20) })
}

async fn enqueue_each(stage: &Stage, context: &TenantContext, jobs: Vec<NewJob>) {
    for job in jobs {
        stage.enqueue(context, job).await;
    }
}

async fn enqueue_all(stage: &Stage, context: &TenantContext, jobs: Vec<NewJob>) {
    let mut tx = stage.database.tenant_tx(context).await.unwrap();
    enqueue_many(&mut tx, jobs).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
}

/// Runs jobs on four workers and gives back how many ran at once.
async fn most_at_once(
    stage: &Stage,
    settings: impl Fn(&str) -> WorkerConfig,
    make: impl Fn(&Arc<Peak>) -> JobType,
) -> i64 {
    let peak = Arc::new(Peak::default());
    let workers =
        ["one", "two", "three", "four"].map(|name| Running::start(stage, vec![make(&peak)], settings(name)));
    stage.counts(WAITING, 0).await;
    assert_eq!(stage.count("select count(*) from jobs.job where state <> 'succeeded'").await, 0);
    for worker in workers {
        worker.stop().await;
    }
    peak.most.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_by_key_is_exact_and_used_in_full() {
    for (limit, together) in [(1, true), (1, false), (3, true), (3, false)] {
        let stage = Stage::new().await;
        let jobs = (0..60).map(|number| work(format!("{number}")).limit("k", limit)).collect();
        let context = tenant("acme");
        if together {
            enqueue_all(&stage, &context, jobs).await;
        } else {
            enqueue_each(&stage, &context, jobs).await;
        }
        assert_eq!(most_at_once(&stage, config, counted).await, i64::from(limit), "together: {together}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_is_limited_for_each_tenant() {
    let stage = Stage::new().await;
    for key in ["acme", "umbrella"] {
        enqueue_all(&stage, &tenant(key), (0..60).map(|number| work(format!("{number}"))).collect()).await;
    }
    let most = most_at_once(&stage, config, |peak| counted(peak).limit_per_tenant(2)).await;
    assert!((3..=4).contains(&most), "two tenants with two each ran {most} at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_limited_for_each_tenant() {
    let stage = Stage::new().await;
    enqueue_all(&stage, &tenant("acme"), (0..60).map(|number| work(format!("{number}"))).collect()).await;
    let limits = BTreeMap::from([("default".to_owned(), 3)]);
    let settings = |name: &str| WorkerConfig { queue_limits: limits.clone(), ..config(name) };
    assert_eq!(most_at_once(&stage, settings, counted).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_gate_holds_up_nobody_else() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let go = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go);
    let job_type = worker_of(move |_, work| {
        let gate = Arc::clone(&gate);
        async move {
            if work.tag == "held" {
                gate.acquire().await.unwrap().forget();
            }
            Ok(())
        }
    });
    enqueue_each(&stage, &context, (0..40).map(|_| work("held").limit("k", 2)).collect()).await;
    enqueue_all(&stage, &context, (0..40).map(|_| work("held").serial_key("s")).collect()).await;
    let free = stage.enqueue(&context, work("free")).await;
    let worker = Running::start(&stage, vec![job_type], config("one"));
    stage.reaches(free, "succeeded").await;
    stage.counts("select count(*) from jobs.job where state = 'running'", 3).await;
    stage.counts("select count(*) from jobs.job where state = 'available' and not parked", 0).await;
    go.add_permits(80);
    stage.counts(WAITING, 0).await;
    worker.stop().await;
}

/// A parked job that is cancelled and replayed is found again, and so is one behind a first that is cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_parked_is_found_again() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let ids = {
        let mut tx = stage.database.tenant_tx(&context).await.unwrap();
        let jobs = (0..3).map(|_| work("").serial_key("k")).collect();
        let ids = enqueue_many(&mut tx, jobs).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
        ids
    };
    assert_eq!(stage.count("select count(*) from jobs.job where parked").await, 2);
    let mut tx = stage.database.tenant_tx(&context).await.unwrap();
    cancel_job(&mut tx, ids[0]).await.unwrap();
    cancel_job(&mut tx, ids[2]).await.unwrap();
    tx.commit(AuditEvent::info("test.cancelled")).await.unwrap();
    let mut tx = stage.database.tenant_tx(&context).await.unwrap();
    replay_job(&mut tx, ids[2]).await.unwrap();
    tx.commit(AuditEvent::info("test.replayed")).await.unwrap();
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 2).await;
    worker.stop().await;
}

/// A limit that was raised while jobs were parked before the old one is used in full after a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_was_opened_further_lets_more_through() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    enqueue_all(&stage, &context, (0..10).map(|_| work("").limit("k", 1)).collect()).await;
    stage.execute("update jobs.job set limit_max = 4").await;
    let go = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go);
    let job_type = worker_of(move |_, _| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let settings = WorkerConfig { lease: Duration::from_secs(2), ..config("one") };
    let worker = Running::start(&stage, vec![job_type], settings);
    stage.counts("select count(*) from jobs.job where state = 'running'", 4).await;
    go.add_permits(10);
    stage.counts(WAITING, 0).await;
    worker.stop().await;
}
