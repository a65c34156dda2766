//! Many jobs at once, and keys that make a job the only one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, NewJob, UniqueFor, enqueue, enqueue_many};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, JobId};
use chrono::TimeDelta;
use sqlx::postgres::PgListener;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

async fn enqueue_all(stage: &Stage, context: &TenantContext, jobs: Vec<NewJob>) -> Vec<JobId> {
    let mut tx = stage.database.tenant_tx(context).await.unwrap();
    let ids = enqueue_many(&mut tx, jobs).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_are_enqueued_at_once_in_their_order_with_one_announcement() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let mut listener = PgListener::connect_with(&stage.admin_pool()).await.unwrap();
    listener.listen(athyper_kernel_jobs::WAKE_CHANNEL).await.unwrap();
    let later = Clock::system().now() + TimeDelta::hours(1);
    let jobs = (0..5_000).map(|number| {
        let job = work(format!("{number}")).priority(i16::from(number % 2 == 0));
        if number == 7 { job.serial_key("k").unique_key("u").run_at(later) } else { job }
    });
    let ids = enqueue_all(&stage, &context, jobs.collect()).await;
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 5_000);
    let in_order: Vec<String> =
        sqlx::query_scalar("select payload ->> 'tag' from jobs.job order by position")
            .fetch_all(&mut stage.admin().await)
            .await
            .unwrap();
    assert!(in_order.iter().enumerate().all(|(number, tag)| *tag == number.to_string()));
    let special = format!(
        "select count(*) from jobs.job where id = '{}' and payload ->> 'tag' = '7' and serial_key = 'k' \
         and unique_key = 'u' and run_at > now() and priority = 0 and tenant_id = '{}' and actor_id = 'ada'",
        ids[7],
        context.tenant_id()
    );
    assert_eq!(stage.count(&special).await, 1);
    assert_eq!(listener.recv().await.unwrap().payload(), "default");
    stage.execute(&format!("notify {}, 'the next'", athyper_kernel_jobs::WAKE_CHANNEL)).await;
    assert_eq!(listener.recv().await.unwrap().payload(), "the next", "one announcement for all");
    assert_eq!(enqueue_all(&stage, &context, Vec::new()).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_meets_keys_that_are_held_and_its_own() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let held = stage.enqueue(&context, work("held").unique_key("a")).await;
    let jobs =
        vec![work("1").unique_key("a"), work("2").unique_key("b"), work("3"), work("4").unique_key("b")];
    let ids = enqueue_all(&stage, &context, jobs).await;
    assert_eq!((ids[0], ids[3]), (held, ids[1]));
    assert_eq!(stage.count("select count(*) from jobs.job").await, 3);
    let stored: Vec<String> = sqlx::query_scalar("select payload ->> 'tag' from jobs.job order by position")
        .fetch_all(&mut stage.admin().await)
        .await
        .unwrap();
    assert_eq!(stored, ["held", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_be_free_again_when_its_job_has_ended() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let job = |tag: &str| work(tag).unique("k", UniqueFor::WhileUnfinished);
    let job_type =
        worker_of(
            |_, work| async move { if work.tag == "dies" { Err(JobError::abort("no")) } else { Ok(()) } },
        );
    for (tag, state) in [("dies", "dead"), ("succeeds", "succeeded"), ("dies", "dead")] {
        let first = stage.enqueue(&context, job(tag)).await;
        assert_eq!(stage.enqueue(&context, job("other")).await, first, "it waits");
        stage
            .execute(&format!(
                "update jobs.job set state = 'running', lease_token = gen_random_uuid() where id = '{first}'"
            ))
            .await;
        assert_eq!(stage.enqueue(&context, job("other")).await, first, "it runs");
        stage
            .execute(&format!(
                "update jobs.job set state = 'available', lease_token = null where id = '{first}'"
            ))
            .await;
        let worker = Running::start(&stage, vec![job_type.clone()], config("one"));
        stage.reaches(first, state).await;
        worker.stop().await;
    }
    assert_eq!(stage.count("select count(*) from jobs.job").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_be_held_for_a_time_also_when_its_job_has_ended() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let job = || work("").unique("k", UniqueFor::Period(TimeDelta::hours(1)));
    let first = stage.enqueue(&context, job()).await;
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    stage.reaches(first, "succeeded").await;
    assert_eq!(stage.enqueue(&context, job()).await, first);
    stage.execute("update jobs.unique_key set until = until - interval '1 h'").await;
    let second = stage.enqueue(&context, job()).await;
    assert_ne!(second, first);
    assert_eq!(stage.enqueue(&context, job()).await, second);
    assert_ne!(stage.enqueue(&context, work("").unique_key("other")).await, second);
    // A key that is held for ever outlives its job.
    let ever = stage.enqueue(&context, work("").unique_key("ever")).await;
    stage.reaches(ever, "succeeded").await;
    stage.execute("delete from jobs.job").await;
    assert_eq!(stage.enqueue(&context, work("").unique_key("ever")).await, ever);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_want_a_key_at_the_same_moment_one_gets_it() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    for scope in [UniqueFor::WhileUnfinished, UniqueFor::Period(TimeDelta::hours(1)), UniqueFor::Ever] {
        stage.execute("update jobs.job set state = 'succeeded'; delete from jobs.unique_key where scope <> 'unfinished'").await;
        let before = stage.count("select count(*) from jobs.job").await;
        let ids: Arc<Mutex<BTreeSet<JobId>>> = Arc::default();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (database, context, ids) = (stage.connect(), context.clone(), Arc::clone(&ids));
            tasks.spawn(async move {
                for _ in 0..20 {
                    let mut tx = database.tenant_tx(&context).await.unwrap();
                    let id = enqueue(&mut tx, work("").unique("k", scope)).await.unwrap();
                    tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
                    ids.lock().unwrap().insert(id);
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(ids.lock().unwrap().len(), 1, "{scope:?}");
        assert_eq!(stage.count("select count(*) from jobs.job").await, before + 1);
    }
}
