//! Leases: who has lost one keeps nothing, and nobody's job is lost with its worker.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use athyper_adapter_queue::{Worker, WorkerConfig};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{Backoff, JobError, OperationState, keep_upload, set_progress};
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Semaphore;

use crate::stage::{self, Running, Stage, config, contexts, lifecycle, tenant, upload, work, worker_of};

const LOST: &str = "the worker stopped while it ran the job";

fn short_lease(worker_id: &str, lease: Duration) -> WorkerConfig {
    WorkerConfig { lease, ..config(worker_id) }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lease_completes_nothing() {
    let stage = Stage::new().await;
    let results: Arc<Mutex<Vec<(&str, String)>>> = Arc::default();
    let job_type = |name: &'static str, gate: &Arc<Semaphore>| {
        let (results, gate) = (Arc::clone(&results), Arc::clone(gate));
        worker_of(move |run, _| {
            let (gate, results) = (Arc::clone(&gate), Arc::clone(&results));
            async move {
                gate.acquire().await.unwrap().forget();
                let mut tx = run.tx().await?;
                keep_upload(&mut tx, &upload(name)).await?;
                let result = run.complete(tx, AuditEvent::info("test.done")).await;
                results.lock().unwrap().push((name, format!("{result:?}")));
                result
            }
        })
    };
    let (go_first, go_second) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    // With one slot, so that it cannot claim the job a second time itself.
    let one_slot = WorkerConfig { concurrency: 1, ..config("first") };
    let first = Running::start(&stage, vec![job_type("first", &go_first)], one_slot);
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    stage.reaches(id, "running").await;
    // As if the first worker had not been able to renew: its lease is over, and the next worker finds that.
    stage.execute("update jobs.job set leased_until = now() - interval '1 s'").await;
    let second = Running::start(&stage, vec![job_type("second", &go_second)], config("second"));
    stage.counts("select count(*) from jobs.job where state = 'running' and attempt = 2", 1).await;

    go_first.add_permits(1);
    while results.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(stage.job(id).await.state, "running", "the second has it still");
    go_second.add_permits(1);
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!((job.attempt, job.messages()), (2, vec![LOST]));
    let expected = [("first", "Err(LeaseLost)".to_owned()), ("second", "Ok(())".to_owned())];
    while results.lock().unwrap().len() < expected.len() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(*results.lock().unwrap(), expected);
    let kept: Vec<String> = sqlx::query_scalar("select media_type from jobs.upload")
        .fetch_all(&mut stage.admin().await)
        .await
        .unwrap();
    assert_eq!(kept, ["second"], "what the first had written was rolled back");
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_keeps_its_lease() {
    let stage = Stage::new().await;
    let runs = Arc::new(AtomicU32::new(0));
    let job_type = || {
        let runs = Arc::clone(&runs);
        worker_of(move |_, _| {
            runs.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                Ok(())
            }
        })
    };
    let lease = Duration::from_millis(1_500);
    let workers =
        ["one", "two"].map(|name| Running::start(&stage, vec![job_type()], short_lease(name, lease)));
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!((job.attempt, runs.load(Ordering::SeqCst)), (1, 1));
    for running in workers {
        running.stop().await;
    }
}

/// Notes that a handler was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_cannot_be_renewed_ends_the_run() {
    let stage = Stage::new().await;
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dropped);
    let job_type = worker_of(move |run, _| {
        let guard = Dropped(Arc::clone(&flag));
        async move {
            if run.attempt() == 1 {
                std::future::pending::<()>().await;
            }
            std::mem::forget(guard);
            Ok(())
        }
    });
    let worker = Running::start(&stage, vec![job_type], short_lease("one", Duration::from_secs(1)));
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    stage.reaches(id, "running").await;
    let mut admin = stage.admin().await;
    sqlx::raw_sql("begin; lock table jobs.job in access exclusive mode").execute(&mut admin).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(dropped.load(Ordering::SeqCst), "the handler outlived its lease");
    sqlx::raw_sql("commit").execute(&mut admin).await.unwrap();
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!((job.attempt, job.messages()), (2, vec![LOST]));
    worker.stop().await;
}

/// Runs a worker in a runtime of its own and kills that in the middle of a job, as a crash of the process would.
fn crash(options: PgConnectOptions) {
    let runtime = stage::runtime();
    let (started, start) = mpsc::channel();
    runtime.block_on(async move {
        let job_type = worker_of(move |_, _| {
            started.send(()).unwrap();
            std::future::pending()
        });
        let config = short_lease("crashes", Duration::from_millis(300));
        let database = stage::connect(&options);
        Worker::start(&database, &lifecycle(), vec![job_type], contexts(), config).unwrap();
        tokio::task::spawn_blocking(move || start.recv_timeout(stage::PATIENCE).unwrap()).await.unwrap();
    });
    runtime.shutdown_background();
}

async fn crash_worker(stage: &Stage) {
    let options = stage.app_options();
    tokio::task::spawn_blocking(move || crash(options)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_was_lost_is_run_by_another() {
    let stage = Stage::new().await;
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    crash_worker(&stage).await;
    assert_eq!(stage.job(id).await.state, "running", "nobody has noticed yet");
    let types = vec![worker_of(|_, _| async { Ok(()) })];
    let worker = Running::start(&stage, types, short_lease("two", Duration::from_secs(1)));
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!((job.attempt, job.messages()), (2, vec![LOST]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_always_kills_its_worker_ends_dead() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let operation = stage.start_operation(&context, work("")).await;
    // Looks after lost jobs although it has no handler for them.
    let bystander = Running::start(&stage, Vec::new(), short_lease("bystander", Duration::from_millis(300)));
    for _ in 0..3 {
        crash_worker(&stage).await;
    }
    stage.counts("select count(*) from jobs.job where state = 'dead' and attempt = 3", 1).await;
    let messages: Vec<String> =
        sqlx::query_scalar("select jsonb_array_elements(errors) ->> 'message' from jobs.job")
            .fetch_all(&mut stage.admin().await)
            .await
            .unwrap();
    assert_eq!(messages, [LOST, LOST, LOST]);
    let failed = stage.operation(&context, &operation).await;
    assert_eq!((failed.state, failed.errors.len()), (OperationState::Failed, 1));
    assert_eq!(bystander.worker.stats().dead(), 1);
    bystander.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_counted_anew_when_a_job_comes_further() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    // Every run comes one step further and then fails; there are more steps than the type has attempts.
    let steps = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&steps);
    let job_type = worker_of(move |run, _| {
        let steps = Arc::clone(&counter);
        async move {
            let step = steps.fetch_add(1, Ordering::Relaxed) + 1;
            let mut tx = run.tx().await?;
            set_progress(&mut tx, run.id(), step.into(), None).await?;
            run.commit(tx, AuditEvent::info("test.step")).await?;
            if step < 8 { Err(JobError::retry("lost after a step")) } else { Ok(()) }
        }
    });
    let quick = Backoff { first: Duration::from_millis(10), most: Duration::from_millis(10) };
    let worker = Running::start(&stage, vec![job_type.backoff(quick)], config("one"));
    let operation = stage.start_operation(&context, work("")).await;
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 1).await;
    let ended = stage.operation(&context, &operation).await;
    assert_eq!((ended.state, ended.done), (OperationState::Succeeded, 8));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_commits_without_coming_further_runs_out_of_attempts() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let job_type = worker_of(|run, _| async move {
        let mut tx = run.tx().await?;
        set_progress(&mut tx, run.id(), 0, Some(8)).await?;
        run.commit(tx, AuditEvent::info("test.step")).await?;
        Err(JobError::retry("lost before the first step"))
    });
    let quick = Backoff { first: Duration::from_millis(10), most: Duration::from_millis(10) };
    let worker = Running::start(&stage, vec![job_type.backoff(quick)], config("one"));
    let operation = stage.start_operation(&context, work("")).await;
    stage.counts("select count(*) from jobs.job where state = 'dead'", 1).await;
    assert_eq!(stage.operation(&context, &operation).await.state, OperationState::Failed);
    worker.stop().await;
}
