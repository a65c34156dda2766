//! How soon a job starts, and what an outage does to a worker.

use std::time::{Duration, Instant};

use athyper_adapter_queue::WorkerConfig;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

/// A worker that finds jobs by announcements alone.
fn never_polls() -> WorkerConfig {
    WorkerConfig { poll_interval: Duration::from_mins(10), ..config("one") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_worker_also_after_its_connections_were_lost() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], never_polls());
    let its_connections =
        "from pg_stat_activity where usename = 'athyper_app' and datname = current_database()";
    for round in 0..3 {
        // It looks once when it begins to listen; after that announcements alone wake it.
        stage.counts(&format!("select count(*) {its_connections} and query like 'LISTEN%'"), 1).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let start = Instant::now();
        let id = stage.enqueue(&context, work("")).await;
        stage.reaches(id, "succeeded").await;
        assert!(start.elapsed() < Duration::from_secs(10), "round {round}");
        stage.execute(&format!("select pg_terminate_backend(pid) {its_connections}")).await;
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_waits_out_a_database_that_refuses_it() {
    let stage = Stage::new().await;
    stage.execute("revoke usage on schema jobs from athyper_system").await;
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(stage.job(id).await.state, "available");
    stage.execute("grant usage on schema jobs to athyper_system").await;
    stage.reaches(id, "succeeded").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_alone_finds_jobs() {
    let stage = Stage::new().await;
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    // Due without a commit that would announce it.
    stage.execute("update jobs.job set run_at = now() + interval '1 s'").await;
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    stage.reaches(id, "succeeded").await;
    worker.stop().await;
}
