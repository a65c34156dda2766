//! Tenants take turns: what waits for one does not hold up another, and costs a claim nothing.

use std::time::Duration;

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_tenant_context::TenantContext;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

/// Puts jobs of the tenant on the queue, as quickly as the database can.
async fn pile_up(stage: &Stage, context: &TenantContext, jobs: u32) {
    let tenant_id = context.tenant_id().uuid();
    stage
        .execute(&format!(
            "insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, run_at, max_attempts, realm_key, \
               tenant_key, actor_kind, actor_id, request_id, enqueued_at) \
             select '{tenant_id}', gen_random_uuid(), 'test.work', 'default', '{{\"tag\": \"\"}}', 1, \
               now() - interval '1 hour', 3, 'main', 'pile', 'user', 'ada', 'req', now() \
             from generate_series(1, {jobs})"
        ))
        .await;
}

const SLOTS: usize = 4;
/// A claim may be under way when the single job comes, and the next one takes it. Each takes at most the slots and what ends in
/// the twenty milliseconds for which jobs are claimed ahead, at five milliseconds each: 4 + 16.
const MOST: i64 = 40;

/// A tenant with so many jobs and another with one: how many of the first run before it, and how long it waits.
async fn single_among(jobs: u32) -> (i64, f64) {
    let stage = Stage::new().await;
    let pile = tenant("pile");
    pile_up(&stage, &pile, jobs).await;
    let slow = worker_of(|_, _| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(())
    });
    let worker = Running::start(&stage, vec![slow], WorkerConfig { concurrency: SLOTS, ..config("one") });
    stage.reached("select count(*) from jobs.job where state = 'succeeded'", 50).await;
    let single = stage.enqueue(&tenant("acme"), work("").priority(5)).await;
    stage.reaches(single, "succeeded").await;
    let mut admin = stage.admin().await;
    let (before, waited): (i64, f64) = sqlx::query_as(
        "select (select count(*) from jobs.job j where j.tenant_id = $2 and j.started_at > s.run_at \
             and j.started_at < s.started_at), extract(epoch from s.started_at - s.run_at)::float8 \
         from jobs.job s where s.id = $1",
    )
    .bind(single.uuid())
    .bind(pile.tenant_id().uuid())
    .fetch_one(&mut admin)
    .await
    .unwrap();
    stage.counts("select count(*) from jobs.job where state = 'available' and tenant_key = 'acme'", 0).await;
    worker.stop().await;
    (before, waited)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_job_comes_to_its_turn_among_a_hundred_thousand() {
    let (before, waited) = single_among(100_000).await;
    println!("{before} jobs of the other tenant before it, {waited:.3} s");
    assert!(before <= MOST, "{before} jobs of the other tenant were claimed before it");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: run it by `cargo xtask soak queue`"]
async fn soak_a_single_job_comes_to_its_turn_among_a_million() {
    let (before, waited) = single_among(1_000_000).await;
    println!("{before} jobs of the other tenant before it, {waited:.3} s");
    assert!(before <= MOST, "{before} jobs of the other tenant were claimed before it");
    assert!(waited < 1.0, "it waited {waited} s");
}

/// More tenants than one look visits, each with one job, and one that has nothing but jobs for later.
#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_of_many_is_visited() {
    let stage = Stage::new().await;
    for number in 0..150 {
        pile_up(&stage, &tenant(&format!("t{number}")), 2).await;
    }
    stage.execute("update jobs.job set run_at = now() + interval '1 day' where position % 2 = 0").await;
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 150).await;
    stage.counts("select count(distinct tenant_id) from jobs.job where state = 'succeeded'", 150).await;
    // Nothing is due any more, and a new job is still found although no announcement tells of it.
    pile_up(&stage, &tenant("late"), 1).await;
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 151).await;
    worker.stop().await;
}
