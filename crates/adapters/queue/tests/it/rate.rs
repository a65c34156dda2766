//! Measurements, not judged: run them with `--run-ignored only` and read what they print.

use std::time::{Duration, Instant};

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::enqueue_many;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn jobs_in_a_second() {
    const JOBS: u32 = 20_000;
    let stage = Stage::new().await;
    let context = tenant("acme");
    let start = Instant::now();
    let mut tx = stage.database.tenant_tx(&context).await.unwrap();
    enqueue_many(&mut tx, (0..JOBS).map(|number| work(format!("{number}"))).collect()).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
    println!("enqueued {:.0} jobs in a second", f64::from(JOBS) / start.elapsed().as_secs_f64());
    stage.execute("analyze jobs.job").await;
    for concurrency in [8, 64] {
        stage.execute("update jobs.job set state = 'available', finished_at = null, attempt = 0").await;
        let worker = Running::start(
            &stage,
            vec![worker_of(|_, _| async { Ok(()) })],
            WorkerConfig { concurrency, ..config("one") },
        );
        let start = Instant::now();
        while worker.worker.stats().succeeded() < u64::from(JOBS) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let rate = f64::from(JOBS) / start.elapsed().as_secs_f64();
        println!("with {concurrency} slots: {rate:.0} jobs in a second");
        worker.stop().await;
    }
}
