//! The queue on Redis keeps what it promises: at least once, leases, stored backoff, dead letters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use athyper_adapter_queue::{RedisQueue, RedisWorker, WorkerConfig};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::Database;
use athyper_kernel_jobs::{Backoff, JobError, JobRun, JobType, SideQueue as _, SideQueueError};
use athyper_kernel_lifecycle::Lifecycle;

use crate::redis_server::RedisServer;
use crate::stage::{self, PATIENCE, Stage, Work, config, contexts, lifecycle, tenant, work};

/// How often each tag was run.
type Runs = Arc<Mutex<HashMap<String, u32>>>;

fn count(runs: &Runs, tag: &str) -> u32 {
    *runs.lock().unwrap().entry(tag.to_owned()).and_modify(|count| *count += 1).or_insert(1)
}

/// A type declared for Redis whose handler is this function.
fn side_type<F, Fut>(run: F) -> JobType
where
    F: Fn(JobRun, Work) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    let quick = Backoff { first: Duration::from_millis(20), most: Duration::from_millis(40) };
    stage::worker_of(run).backoff(quick).on_redis()
}

fn start(queue: &RedisQueue, database: &Database, job_type: JobType, config: WorkerConfig) -> Lifecycle {
    let lifecycle = lifecycle();
    RedisWorker::start(queue, database, &lifecycle, vec![job_type], contexts(), config).unwrap();
    lifecycle
}

async fn until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < PATIENCE, "it never came true");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn dead(queue: &RedisQueue, wanted: usize) -> Vec<athyper_adapter_queue::DeadSideJob> {
    let start = Instant::now();
    loop {
        let dead = queue.dead(10).await.unwrap();
        if dead.len() == wanted {
            return dead;
        }
        assert!(start.elapsed() < PATIENCE, "never {wanted} dead: {dead:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_run_once_fail_with_backoff_and_end_dead_with_their_errors() {
    let Some(server) = RedisServer::start() else { return };
    let (stage, queue, runs) = (Stage::new().await, server.queue(), Runs::default());
    let seen = Arc::clone(&runs);
    let job_type = side_type(move |run, work| {
        let times = count(&seen, &work.tag);
        async move {
            assert_eq!((run.context().tenant_key(), run.context().actor().id.as_str()), ("acme", "ada"));
            match work.tag.as_str() {
                "fails" => Err(JobError::retry(format!("failure {}", run.attempt()))),
                "aborts" => Err(JobError::abort("no such thing")),
                "snoozes" if times < 3 => Err(JobError::Snooze(Duration::from_millis(5))),
                "panics" if times < 2 => panic!("in the handler"),
                "completes" => {
                    let tx = run.tx().await?;
                    run.complete(tx, AuditEvent::info("test.done")).await
                }
                _ => Ok(()),
            }
        }
    });
    let lifecycles =
        ["one", "two"].map(|name| start(&queue, &stage.database, job_type.clone(), config(name)));
    let tags = (0..200).map(|number| format!("{number}"));
    let others = ["fails", "aborts", "snoozes", "panics", "completes"].map(str::to_owned);
    let tags: Vec<String> = tags.chain(others).collect();
    let jobs = tags.iter().map(|tag| work(tag.as_str())).collect();
    let ids = queue.push(&tenant("acme"), jobs).await.unwrap();
    assert_eq!(ids.len(), 205);
    let given_up = dead(&queue, 3).await;
    until(|| runs.lock().unwrap().values().sum::<u32>() == 200 + 3 + 1 + 3 + 2 + 1).await;
    for tag in 0..200 {
        assert_eq!(runs.lock().unwrap()[&tag.to_string()], 1);
    }
    let messages = |tag: &str| -> Vec<String> {
        let job = given_up.iter().find(|dead| dead.job.payload["tag"] == tag).unwrap();
        job.errors.iter().map(|error| error.message.clone()).collect()
    };
    assert_eq!(messages("fails"), ["failure 1", "failure 2", "failure 3"]);
    assert_eq!(messages("aborts"), ["no such thing"]);
    assert_eq!(messages("completes").len(), 1, "no transaction can end it");

    let failed = given_up.iter().find(|dead| dead.job.payload["tag"] == "fails").unwrap().job.id;
    assert!(queue.replay(failed).await.unwrap());
    assert!(!queue.replay(failed).await.unwrap(), "it is not dead any more");
    until(|| runs.lock().unwrap()["fails"] == 6).await;
    assert_eq!(dead(&queue, 3).await.iter().find(|dead| dead.job.id == failed).unwrap().errors.len(), 6);
    for lifecycle in lifecycles {
        assert!(lifecycle.shutdown("test over").await.is_clean());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_transaction_is_refused_and_later_jobs_wait() {
    let Some(server) = RedisServer::start() else { return };
    let (stage, queue, runs) = (Stage::new().await, server.queue(), Runs::default());
    let context = tenant("acme");
    for job in
        [work("").unique_key("k"), work("").serial_key("k"), work("").limit("k", 2), work("").priority(1)]
    {
        let refused = queue.push(&context, vec![work("fine"), job]).await.unwrap_err();
        assert!(matches!(refused, SideQueueError::NeedsDatabase(_)), "{refused}");
    }
    let later = athyper_kernel_types::Clock::system().now() + chrono::TimeDelta::hours(1);
    queue.push(&context, vec![work("later").run_at(later), work("now")]).await.unwrap();
    let seen = Arc::clone(&runs);
    let job_type = side_type(move |_, work| {
        count(&seen, &work.tag);
        async { Ok(()) }
    });
    let lifecycle = start(&queue, &stage.database, job_type, config("one"));
    until(|| runs.lock().unwrap().contains_key("now")).await;
    assert!(lifecycle.shutdown("test over").await.is_clean());
    assert_eq!(runs.lock().unwrap().len(), 1);
}

/// Runs a worker in a runtime of its own and kills that in the middle of a job, as a crash of the process would.
fn crash(server: &RedisServer, stage: &Stage) {
    let runtime = stage::runtime();
    let (started, start_of_run) = mpsc::channel();
    let options = stage.app_options();
    runtime.block_on(async {
        let job_type = side_type(move |_, _| {
            started.send(()).unwrap();
            std::future::pending()
        });
        let settings = WorkerConfig { lease: Duration::from_millis(300), ..config("crashes") };
        let queue = server.queue();
        let database = stage::connect(&options);
        RedisWorker::start(&queue, &database, &lifecycle(), vec![job_type], contexts(), settings).unwrap();
        tokio::task::spawn_blocking(move || start_of_run.recv_timeout(PATIENCE).unwrap()).await.unwrap();
    });
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_lost_workers_are_run_again_and_end_dead_when_they_always_kill() {
    let Some(server) = RedisServer::start() else { return };
    let stage = Stage::new().await;
    let queue = server.queue();
    queue.push(&tenant("acme"), vec![work("kills")]).await.unwrap();
    let (server, stage) = tokio::task::spawn_blocking(move || {
        for _ in 0..2 {
            crash(&server, &stage);
        }
        (server, stage)
    })
    .await
    .unwrap();
    // The third worker is healthy and takes it over; only then are the attempts used up.
    let runs = Runs::default();
    let seen = Arc::clone(&runs);
    let job_type = side_type(move |run, work| {
        count(&seen, &work.tag);
        async move { Err(JobError::retry(format!("attempt {}", run.attempt()))) }
    });
    let lifecycle = start(&queue, &stage.database, job_type, config("healthy"));
    let given_up = dead(&queue, 1).await;
    let messages: Vec<&str> = given_up[0].errors.iter().map(|error| error.message.as_str()).collect();
    let lost = "the worker stopped while it ran the job";
    assert_eq!(messages, [lost, lost, "attempt 3"]);
    assert_eq!(runs.lock().unwrap()["kills"], 1);
    assert!(lifecycle.shutdown("test over").await.is_clean());

    queue.push(&tenant("acme"), vec![work("kills")]).await.unwrap();
    let (server, stage) = tokio::task::spawn_blocking(move || {
        for _ in 0..3 {
            crash(&server, &stage);
        }
        (server, stage)
    })
    .await
    .unwrap();
    let job_type = side_type(|_, _| async { Ok(()) });
    let lifecycle = start(&server.queue(), &stage.database, job_type, config("healthy"));
    assert_eq!(
        dead(&queue, 2).await[0].errors.len(),
        3,
        "it killed three workers and was not run a fourth time"
    );
    assert!(lifecycle.shutdown("test over").await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_is_waited_for_and_nothing_is_lost() {
    let Some(mut server) = RedisServer::start() else { return };
    let (stage, queue, runs) = (Stage::new().await, server.queue(), Runs::default());
    let context = tenant("acme");
    let seen = Arc::clone(&runs);
    let job_type = side_type(move |_, work| {
        count(&seen, &work.tag);
        async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(())
        }
    });
    let settings = WorkerConfig { lease: Duration::from_secs(2), ..config("one") };
    let lifecycle = start(&queue, &stage.database, job_type, settings);
    queue.push(&context, (0..300).map(|number| work(format!("{number}"))).collect()).await.unwrap();
    until(|| runs.lock().unwrap().len() > 20).await;
    server.stop();
    assert!(matches!(queue.push(&context, vec![work("lost")]).await, Err(SideQueueError::Unavailable(_))));
    server.run();
    until(|| runs.lock().unwrap().len() == 300).await;
    assert!(lifecycle.shutdown("test over").await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_keeps_its_lease_and_one_under_way_at_the_stop_goes_back() {
    let Some(server) = RedisServer::start() else { return };
    let (stage, queue, runs) = (Stage::new().await, server.queue(), Runs::default());
    let seen = Arc::clone(&runs);
    let job_type = side_type(move |run, work| {
        let times = count(&seen, &work.tag);
        async move {
            if work.tag == "stays" && times == 1 {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            if run.attempt() == 1 { Ok(()) } else { Err(JobError::abort("a second attempt")) }
        }
    });
    let settings = |name: &str| WorkerConfig {
        lease: Duration::from_millis(600),
        drain: Duration::from_millis(50),
        ..config(name)
    };
    let lifecycles =
        ["one", "two"].map(|name| start(&queue, &stage.database, job_type.clone(), settings(name)));
    queue.push(&tenant("acme"), vec![work("long"), work("stays")]).await.unwrap();
    until(|| runs.lock().unwrap().len() == 2).await;
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    let so_far = runs.lock().unwrap().clone();
    assert_eq!((so_far["long"], so_far["stays"]), (1, 1), "the leases were kept");
    for lifecycle in lifecycles {
        assert!(lifecycle.shutdown("test over").await.is_clean());
    }
    let lifecycle = start(&queue, &stage.database, job_type, settings("three"));
    until(|| runs.lock().unwrap()["stays"] == 2).await;
    assert!(queue.dead(10).await.unwrap().is_empty(), "the attempt was not counted");
    assert!(lifecycle.shutdown("test over").await.is_clean());
}
