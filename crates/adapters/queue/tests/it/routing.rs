//! Every job comes to the handler of its type, once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use athyper_adapter_queue::{Worker, WorkerError, queue_depth};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobPayload, JobType, NewJob, enqueue};
use athyper_kernel_types::Clock;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::stage::{Running, Stage, config, contexts, handler, lifecycle, tenant, work, worker_of};

const NAMES: [&str; 10] = [
    "test.t0", "test.t1", "test.t2", "test.t3", "test.t4", "test.t5", "test.t6", "test.t7", "test.t8",
    "test.t9",
];

#[derive(Serialize, Deserialize)]
struct Numbered<const TYPE: usize> {
    number: u32,
}

impl<const TYPE: usize> JobPayload for Numbered<TYPE> {
    const NAME: &'static str = NAMES[TYPE];
}

/// Which handler ran which number how often.
type Runs = Arc<Mutex<HashMap<(usize, u32), u32>>>;

fn counting<const TYPE: usize>(runs: &Runs) -> JobType {
    let runs = Arc::clone(runs);
    handler(&Numbered::<TYPE> { number: 0 }, move |_, payload: Numbered<TYPE>| {
        *runs.lock().unwrap().entry((TYPE, payload.number)).or_default() += 1;
        async { Ok(()) }
    })
}

fn job(number: u32) -> NewJob {
    let made = match number % 10 {
        0 => NewJob::new(&Numbered::<0> { number }),
        1 => NewJob::new(&Numbered::<1> { number }),
        2 => NewJob::new(&Numbered::<2> { number }),
        3 => NewJob::new(&Numbered::<3> { number }),
        4 => NewJob::new(&Numbered::<4> { number }),
        5 => NewJob::new(&Numbered::<5> { number }),
        6 => NewJob::new(&Numbered::<6> { number }),
        7 => NewJob::new(&Numbered::<7> { number }),
        8 => NewJob::new(&Numbered::<8> { number }),
        _ => NewJob::new(&Numbered::<9> { number }),
    };
    made.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_goes_to_its_own_handler_and_none_is_lost_or_doubled() {
    let stage = Stage::new().await;
    let runs = Runs::default();
    // Workers with all types, with half of them, and with the other half.
    let low = || {
        vec![
            counting::<0>(&runs),
            counting::<1>(&runs),
            counting::<2>(&runs),
            counting::<3>(&runs),
            counting::<4>(&runs),
        ]
    };
    let high = || {
        vec![
            counting::<5>(&runs),
            counting::<6>(&runs),
            counting::<7>(&runs),
            counting::<8>(&runs),
            counting::<9>(&runs),
        ]
    };
    let all = low().into_iter().chain(high()).collect();
    let workers = [(all, "all"), (low(), "low"), (high(), "high")]
        .map(|(types, name)| Running::start(&stage, types, config(name)));
    for (index, tenant_key) in ["acme", "umbrella"].into_iter().enumerate() {
        let context = tenant(tenant_key);
        let mut tx = stage.database.tenant_tx(&context).await.unwrap();
        for number in 0..1_000 {
            enqueue(&mut tx, job(u32::try_from(index).unwrap() * 1_000 + number)).await.unwrap();
        }
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
    }
    stage.counts("select count(*) from jobs.job where state = 'succeeded' and attempt = 1", 2_000).await;

    let runs = runs.lock().unwrap().clone();
    let expected: HashMap<_, _> =
        (0..2_000).map(|number| ((usize::try_from(number % 10).unwrap(), number), 1)).collect();
    assert_eq!(runs, expected);
    // A worker counts a job as ended a moment after its row says so; once it has stopped, the two agree.
    let stopped = workers.each_ref().map(|running| running.worker.clone());
    for running in workers {
        running.stop().await;
    }
    let counted = |count: fn(&Worker) -> u64| stopped.iter().map(count).sum::<u64>();
    assert_eq!(counted(|worker| worker.stats().claimed()), 2_000);
    assert_eq!(counted(|worker| worker.stats().succeeded()), 2_000);
    assert_eq!(counted(|worker| worker.stats().running()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_without_a_handler_waits_for_a_process_that_has_one() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let (foreign, own) = (stage.enqueue(&context, job(1)).await, stage.enqueue(&context, job(2)).await);
    let runs = Runs::default();
    let worker = Running::start(&stage, vec![counting::<2>(&runs)], config("one"));
    stage.reaches(own, "succeeded").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let waiting = stage.job(foreign).await;
    assert_eq!((waiting.state.as_str(), waiting.attempt), ("available", 0));
    let other = Running::start(&stage, vec![counting::<1>(&runs)], config("two"));
    stage.reaches(foreign, "succeeded").await;
    worker.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_is_by_priority_then_due_time_and_later_jobs_wait() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let ago = |seconds| Clock::system().now() - TimeDelta::seconds(seconds);
    stage.enqueue(&context, work("third")).await;
    stage.enqueue(&context, work("second").run_at(ago(60))).await;
    stage.enqueue(&context, work("first").priority(-1)).await;
    stage.enqueue(&context, work("fourth").priority(1).run_at(ago(90))).await;
    let later = stage.enqueue(&context, work("later").run_at(ago(-3_600)).priority(-9)).await;

    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    let mut one_at_a_time = config("one");
    one_at_a_time.concurrency = 1;
    let noting = worker_of(move |_, work| {
        seen.lock().unwrap().push(work.tag);
        async { Ok(()) }
    });
    let worker = Running::start(&stage, vec![noting], one_at_a_time);
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 4).await;
    assert_eq!(*order.lock().unwrap(), ["first", "second", "third", "fourth"]);
    assert_eq!(stage.job(later).await.state, "available");
    let depth = queue_depth(&stage.database).await.unwrap();
    assert_eq!((depth.due, depth.later, depth.running, depth.dead), (0, 1, 0, 0));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_exists_only_when_its_cause_was_committed_and_once_for_a_unique_key() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let mut tx = stage.database.tenant_tx(&context).await.unwrap();
    enqueue(&mut tx, work("never")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(stage.count("select count(*) from jobs.job").await, 0);

    let first = stage.enqueue(&context, work("a").unique_key("k")).await;
    assert_eq!(stage.enqueue(&context, work("b").unique_key("k")).await, first);
    assert_ne!(stage.enqueue(&context, work("c").unique_key("l")).await, first);
    assert_ne!(stage.enqueue(&tenant("umbrella"), work("d").unique_key("k")).await, first);
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 3).await;
    assert_eq!(stage.enqueue(&context, work("e").unique_key("k")).await, first, "a key is taken for ever");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_the_context_of_its_cause_and_an_unknown_tenant_waits() {
    let stage = Stage::new().await;
    let (known, unknown) = (tenant("acme"), tenant("stranger"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = Arc::clone(&seen);
    let types = vec![worker_of(move |run, _| {
        noting.lock().unwrap().push(run.context().clone());
        async { Ok(()) }
    })];
    let all = contexts();
    let some: athyper_adapter_queue::ContextFactory =
        Arc::new(
            move |origin| {
                if origin.tenant_key == "acme" { all(origin) } else { Box::pin(async { None }) }
            },
        );
    let life = lifecycle();
    Worker::start(&stage.database, &life, types, some, config("one")).unwrap();
    let (ran, waits) = (stage.enqueue(&known, work("")).await, stage.enqueue(&unknown, work("")).await);
    stage.reaches(ran, "succeeded").await;
    stage
        .counts(
            "select count(*) from jobs.job where state = 'available' and run_at > now() + interval '50 s'",
            1,
        )
        .await;
    let waiting = stage.job(waits).await;
    assert_eq!((waiting.attempt, waiting.lease_token), (0, None));
    assert!(life.shutdown("test over").await.is_clean());

    let contexts = seen.lock().unwrap();
    let [context] = contexts.as_slice() else { panic!("{contexts:?}") };
    assert_eq!(context.tenant_id(), known.tenant_id());
    assert_eq!((context.realm_key(), context.tenant_key()), ("main", "acme"));
    assert_eq!((context.actor(), context.request_id()), (known.actor(), "req-1"));
    assert_eq!(context.trace_id(), known.trace_id());
}

#[tokio::test]
async fn two_handlers_of_one_name_are_refused() {
    let database = crate::stage::connect(&sqlx::postgres::PgConnectOptions::new());
    let types = || worker_of(|_, _| async { Ok(()) });
    let refused = Worker::start(&database, &lifecycle(), vec![types(), types()], contexts(), config("one"))
        .unwrap_err();
    assert_eq!(refused, WorkerError::DuplicateType("test.work"));
}
