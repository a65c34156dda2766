//! Jobs that are claimed ahead of free slots: no more run at once than slots, and none waits behind long ones for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobType, enqueue_many};
use tokio::sync::Semaphore;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

const SLOTS: usize = 4;
const QUICK: usize = 600;
const LONG: usize = 60;

/// Handlers at this moment, and the most that there have been.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
    long: AtomicUsize,
}

/// Quick jobs take a millisecond, long ones until there is a permit.
fn handler(at_once: &Arc<AtOnce>, go_on: &Arc<Semaphore>) -> JobType {
    let (at_once, go_on) = (Arc::clone(at_once), Arc::clone(go_on));
    worker_of(move |_, work| {
        let (at_once, go_on) = (Arc::clone(&at_once), Arc::clone(&go_on));
        async move {
            let now = at_once.now.fetch_add(1, Ordering::SeqCst) + 1;
            at_once.most.fetch_max(now, Ordering::SeqCst);
            if work.tag == "long" {
                at_once.long.fetch_add(1, Ordering::SeqCst);
                go_on.acquire().await.unwrap().forget();
            } else {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            at_once.now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_long_jobs_goes_to_another_worker() {
    let stage = Stage::new().await;
    let mut tx = stage.database.tenant_tx(&tenant("acme")).await.unwrap();
    let jobs = (0..QUICK).map(|_| work("quick")).chain((0..LONG).map(|_| work("long"))).collect();
    enqueue_many(&mut tx, jobs).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();

    let (one, held) = (Arc::new(AtOnce::default()), Arc::new(Semaphore::new(0)));
    let settings = |name: &str| WorkerConfig { concurrency: SLOTS, ..config(name) };
    let first = Running::start(&stage, vec![handler(&one, &held)], settings("one"));
    while one.long.load(Ordering::SeqCst) < SLOTS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (other, free) = (Arc::new(AtOnce::default()), Arc::new(Semaphore::new(LONG)));
    let second = Running::start(&stage, vec![handler(&other, &free)], settings("two"));
    let all_but_slots = i64::try_from(QUICK + LONG - SLOTS).unwrap();
    stage.reached("select count(*) from jobs.job where state = 'succeeded'", all_but_slots).await;
    assert_eq!(
        one.long.load(Ordering::SeqCst),
        SLOTS,
        "the first worker has no more than those in its slots"
    );

    held.add_permits(SLOTS);
    stage
        .counts(
            "select count(*) from jobs.job where state = 'succeeded' and attempt = 1",
            i64::try_from(QUICK + LONG).unwrap(),
        )
        .await;
    assert_eq!(one.most.load(Ordering::SeqCst), SLOTS);
    assert!(other.most.load(Ordering::SeqCst) <= SLOTS);
    first.stop().await;
    second.stop().await;
}

/// What waited for the only slot went back while a long job had it: the slot is free for the next claim when that ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_slot_goes_on_after_what_waited_for_it_went_back() {
    const BEHIND: usize = 50;
    let stage = Stage::new().await;
    let mut tx = stage.database.tenant_tx(&tenant("acme")).await.unwrap();
    let quick = |jobs| (0..jobs).map(|_| work("quick"));
    let jobs = quick(QUICK).chain([work("long")]).chain(quick(BEHIND)).collect();
    enqueue_many(&mut tx, jobs).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();

    let (at_once, held) = (Arc::new(AtOnce::default()), Arc::new(Semaphore::new(0)));
    let settings = WorkerConfig { concurrency: 1, ..config("one") };
    let worker = Running::start(&stage, vec![handler(&at_once, &held)], settings);
    while at_once.long.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The long one alone is held: what was claimed ahead has gone back.
    stage.counts("select count(*) from jobs.job where state = 'running'", 1).await;
    held.add_permits(1);
    let all = i64::try_from(QUICK + 1 + BEHIND).unwrap();
    stage.counts("select count(*) from jobs.job where state = 'succeeded' and attempt = 1", all).await;
    assert_eq!(at_once.most.load(Ordering::SeqCst), 1);
    worker.stop().await;
}
