//! How a worker stops.

use std::time::Duration;

use athyper_adapter_queue::{Worker, WorkerConfig};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};

use crate::stage::{Running, Stage, config, contexts, tenant, work, worker_of};

fn stuck() -> athyper_kernel_jobs::JobType {
    worker_of(|_, _| std::future::pending())
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_under_way_are_waited_for() {
    let stage = Stage::new().await;
    let job_type = worker_of(|_, _| async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    stage.reaches(id, "running").await;
    worker.stop().await;
    let job = stage.job(id).await;
    assert_eq!((job.state.as_str(), job.attempt), ("succeeded", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_of_jobs_that_take_too_long_are_returned_for_others_to_start_at_once() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let worker = Running::start(
        &stage,
        vec![stuck()],
        WorkerConfig { drain: Duration::from_millis(200), concurrency: 3, ..config("one") },
    );
    for number in 0..5 {
        stage.enqueue(&context, work(format!("{number}"))).await;
    }
    stage.counts("select count(*) from jobs.job where state = 'running'", 3).await;
    worker.stop().await;
    let returned = "select count(*) from jobs.job where state = 'available' and attempt = 0 and lease_token is null \
                    and leased_until is null and run_at <= now() and errors = '[]'";
    assert_eq!(stage.count(returned).await, 5);

    let other = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("two"));
    stage.counts("select count(*) from jobs.job where state = 'succeeded' and attempt = 1", 5).await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_returned_also_when_the_shutdown_is_cut_short() {
    let stage = Stage::new().await;
    let life = Lifecycle::new(LifecycleOptions {
        shutdown_timeout: Duration::from_millis(100),
        drain_delay: Duration::ZERO,
    });
    Worker::start(&stage.database, &life, vec![stuck()], contexts(), config("one")).unwrap();
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    stage.reaches(id, "running").await;
    life.shutdown("cut short").await;
    let job = stage.reaches(id, "available").await;
    assert_eq!((job.attempt, job.lease_token), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_the_rush_leaves_no_job_claimed() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    for number in 0..60 {
        stage.enqueue(&context, work(format!("{number}"))).await;
    }
    let count = async |sql| stage.count(sql).await;
    for round in 0..6 {
        let job_type = worker_of(|_, _| async {
            tokio::time::sleep(Duration::from_millis(3)).await;
            Ok(())
        });
        let two_slots = WorkerConfig { concurrency: 2, ..config("one") };
        let worker = Running::start(&stage, vec![job_type], two_slots);
        while worker.worker.stats().claimed() < 3 + round {
            tokio::task::yield_now().await;
        }
        worker.stop().await;
        assert_eq!(count("select count(*) from jobs.job where state = 'running'").await, 0);
        assert_eq!(count("select count(*) from jobs.job where state = 'available' and attempt > 0").await, 0);
    }
    assert_eq!(count("select count(*) from jobs.job where state = 'succeeded' and attempt <> 1").await, 0);
    let succeeded = count("select count(*) from jobs.job where state = 'succeeded'").await;
    assert!((1..60).contains(&succeeded), "every stop came in the middle: {succeeded}");
}
