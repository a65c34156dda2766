//! Jobs of one serial key run one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{Backoff, JobError, enqueue};
use tokio::sync::Semaphore;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

#[tokio::test(flavor = "multi_thread")]
async fn serial_jobs_never_overlap_and_keep_their_order() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    for number in 0..20 {
        for key in ["a", "b", "c"] {
            stage.enqueue(&context, work(format!("{key}:{number}")).serial_key(key)).await;
        }
    }
    // Beginnings and ends, key by key, in the order in which they happened.
    let log: Arc<Mutex<HashMap<String, Vec<String>>>> = Arc::default();
    let job_type = || {
        let log = Arc::clone(&log);
        worker_of(move |run, work| {
            let log = Arc::clone(&log);
            async move {
                let (key, number) = work.tag.split_once(':').unwrap();
                let note = |text: String| log.lock().unwrap().entry(key.to_owned()).or_default().push(text);
                if number == "7" && run.attempt() == 1 {
                    return Err(JobError::retry("the seventh fails once"));
                }
                note(format!("{number} begins"));
                tokio::time::sleep(Duration::from_millis(5)).await;
                note(format!("{number} ends"));
                Ok(())
            }
        })
        .backoff(Backoff { first: Duration::from_millis(100), most: Duration::from_secs(1) })
    };
    let workers = ["one", "two", "three"].map(|name| Running::start(&stage, vec![job_type()], config(name)));
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 60).await;
    let expected: Vec<String> =
        (0..20).flat_map(|number| [format!("{number} begins"), format!("{number} ends")]).collect();
    for key in ["a", "b", "c"] {
        assert_eq!(log.lock().unwrap()[key], expected, "key {key}");
    }
    for running in workers {
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_committed_late_does_not_overlap_the_one_that_overtook_it() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let mut slow = stage.database.tenant_tx(&context).await.unwrap();
    let first = enqueue(&mut slow, work("first").serial_key("k")).await.unwrap();
    let second = stage.enqueue(&context, work("second").serial_key("k")).await;
    let go = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go);
    let job_type = worker_of(move |_, _| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    stage.reaches(second, "running").await;
    slow.commit(AuditEvent::info("test.enqueued")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(stage.job(first).await.state, "available");
    go.add_permits(2);
    stage.reaches(second, "succeeded").await;
    stage.reaches(first, "succeeded").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_of_one_tenant_and_a_dead_job_does_not_block_it() {
    let stage = Stage::new().await;
    let (acme, umbrella) = (tenant("acme"), tenant("umbrella"));
    let go = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go);
    let job_type = worker_of(move |_, work| {
        let gate = Arc::clone(&gate);
        async move {
            if work.tag == "aborts" {
                gate.acquire().await.unwrap().forget();
                return Err(JobError::abort("no"));
            }
            Ok(())
        }
    });
    let dies = stage.enqueue(&acme, work("aborts").serial_key("k")).await;
    let after = stage.enqueue(&acme, work("after").serial_key("k")).await;
    let other = stage.enqueue(&umbrella, work("other").serial_key("k")).await;
    let worker = Running::start(&stage, vec![job_type], config("one"));
    stage.reaches(other, "succeeded").await;
    assert_eq!(stage.job(after).await.state, "available");
    go.add_permits(1);
    stage.reaches(dies, "dead").await;
    stage.reaches(after, "succeeded").await;
    worker.stop().await;
}
