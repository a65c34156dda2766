//! What a worker prepared while the queue was empty finds rows by their keys when it is long.

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::enqueue_many;
use sqlx::Connection as _;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

const JOBS: usize = 3_000;
const BATCH: usize = 500;

/// How often the table of jobs was read from its beginning to its end.
async fn full_reads(stage: &Stage) -> i64 {
    // Other connections report what they did when they are idle, or at their end.
    stage.count("select coalesce(sum(seq_scan), 0)::bigint from pg_stat_user_tables where schemaname = 'jobs' and relname = 'job'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_began_with_an_empty_queue_reads_no_long_one_as_a_whole() {
    let stage = Stage::new().await;
    // So that the database knows that the table is empty.
    let mut admin = stage.admin().await;
    sqlx::raw_sql("vacuum analyze jobs.job").execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let settings = WorkerConfig { concurrency: 2, ..config("one") };
    let running = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], settings);
    // Long enough that each statement has a plan that is kept.
    for _ in 0..12 {
        let one = stage.enqueue(&tenant("acme"), work("")).await;
        stage.reaches(one, "succeeded").await;
    }
    let before = full_reads(&stage).await;
    let context = tenant("many");
    for _ in 0..JOBS / BATCH {
        let mut tx = stage.database.tenant_tx(&context).await.unwrap();
        enqueue_many(&mut tx, (0..BATCH).map(|_| work("")).collect()).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
    }
    while running.worker.stats().succeeded() < u64::try_from(JOBS + 12).unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    running.stop().await;
    stage.execute("select pg_stat_force_next_flush()").await;
    let after = full_reads(&stage).await;
    assert!(after - before <= 5, "{} full reads of the table", after - before);
}
