//! What an administrator does: cancel, replay, pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use athyper_adapter_queue::WorkerConfig;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::SystemReason;
use athyper_kernel_jobs::{
    ControlError, JobError, JobFilter, JobState, OperationState, ReplayFilter, cancel_job, find_job,
    list_jobs, list_queues, pause_queue, pause_queue_for_all, replay_job, replay_jobs, resume_queue,
    resume_queue_for_all,
};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, Id, JobId};
use chrono::TimeDelta;
use tokio::sync::Semaphore;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

async fn cancel(stage: &Stage, context: &TenantContext, id: JobId) -> Result<JobState, ControlError> {
    let mut tx = stage.database.tenant_tx(context).await.unwrap();
    let state = cancel_job(&mut tx, id).await?;
    tx.commit(AuditEvent::info("test.cancelled")).await.unwrap();
    Ok(state)
}

async fn replay(stage: &Stage, context: &TenantContext, id: JobId) -> Result<(), ControlError> {
    let mut tx = stage.database.tenant_tx(context).await.unwrap();
    replay_job(&mut tx, id).await?;
    tx.commit(AuditEvent::info("test.replayed")).await.unwrap();
    Ok(())
}

async fn job_of(stage: &Stage, operation: &athyper_kernel_jobs::Operation) -> JobId {
    let id = sqlx::query_scalar("select job_id from jobs.operation where id = $1").bind(operation.id.uuid());
    Id::from_uuid(id.fetch_one(&mut stage.admin().await).await.unwrap())
}

/// Notes that a handler was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_is_cancelled_at_once_and_never_runs() {
    let stage = Stage::new().await;
    let (context, other) = (tenant("acme"), tenant("umbrella"));
    let operation = stage.start_operation(&context, work("")).await;
    let id = job_of(&stage, &operation).await;
    assert!(matches!(cancel(&stage, &other, id).await, Err(ControlError::NotFound)));
    assert_eq!(cancel(&stage, &context, id).await.unwrap(), JobState::Cancelled);
    assert!(matches!(cancel(&stage, &context, id).await, Err(ControlError::Ended)));
    let failed = stage.operation(&context, &operation).await;
    assert_eq!(
        (failed.state, failed.errors[0].code.as_str()),
        (OperationState::Failed, "platform.cancelled")
    );

    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    let after = stage.enqueue(&context, work("")).await;
    stage.reaches(after, "succeeded").await;
    assert_eq!(stage.job(id).await.state, "cancelled");
    assert!(matches!(cancel(&stage, &context, after).await, Err(ControlError::Ended)));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_runs_is_dropped_within_a_heartbeat() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dropped);
    let job_type = worker_of(move |_, _| {
        let guard = Dropped(Arc::clone(&flag));
        async move {
            let _guard = guard;
            std::future::pending().await
        }
    });
    let lease = Duration::from_secs(3);
    let worker = Running::start(&stage, vec![job_type], WorkerConfig { lease, ..config("one") });
    let operation = stage.start_operation(&context, work("")).await;
    let id = job_of(&stage, &operation).await;
    stage.reaches(id, "running").await;
    assert_eq!(cancel(&stage, &context, id).await.unwrap(), JobState::Running, "its worker has it still");
    let asked = std::time::Instant::now();
    let job = stage.reaches(id, "cancelled").await;
    assert!(asked.elapsed() < lease, "{:?}", asked.elapsed());
    assert!(dropped.load(Ordering::SeqCst) && job.finished_at.is_some() && job.lease_token.is_none());
    let failed = stage.operation(&context, &operation).await;
    assert_eq!(
        (failed.state, failed.errors[0].code.as_str()),
        (OperationState::Failed, "platform.cancelled")
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_asked_to_stop_is_not_put_back_whatever_its_end() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let go = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go);
    let job_type = worker_of(move |_, work| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            if work.tag == "fails" { Err(JobError::retry("no")) } else { Ok(()) }
        }
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let fails = stage.enqueue(&context, work("fails")).await;
    let succeeds = stage.enqueue(&context, work("succeeds")).await;
    let lost = stage.enqueue(&context, work("lost")).await;
    for id in [fails, succeeds, lost] {
        stage.reaches(id, "running").await;
        cancel(&stage, &context, id).await.unwrap();
    }
    // As if its worker were gone.
    stage.execute(&format!(
        "update jobs.job set leased_until = now() - interval '1 s', lease_token = gen_random_uuid() where id = '{lost}'"
    )).await;
    let lease = Duration::from_millis(600);
    let bystander = Running::start(&stage, Vec::new(), WorkerConfig { lease, ..config("bystander") });
    stage.reaches(lost, "cancelled").await;
    go.add_permits(3);
    stage.reaches(fails, "cancelled").await;
    stage.reaches(succeeds, "succeeded").await;
    worker.stop().await;
    bystander.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_is_listed_with_its_errors_and_lives_again_when_replayed() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let healed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&healed);
    let job_type = worker_of(move |run, _| {
        let healed = flag.load(Ordering::SeqCst);
        async move { if healed { Ok(()) } else { Err(JobError::retry(format!("failure {}", run.attempt()))) } }
    })
    .backoff(athyper_kernel_jobs::Backoff { first: Duration::from_millis(1), most: Duration::from_millis(1) });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let operation = stage.start_operation(&context, work("")).await;
    let id = job_of(&stage, &operation).await;
    stage.reaches(id, "dead").await;

    let mut read = stage.database.read_tx(&context).await.unwrap();
    let filter = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
    let dead = list_jobs(&mut read, &filter, None, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].id, dead[0].failures), (1, id, 3));
    assert_eq!(dead[0].last_error.as_deref(), Some("failure 3"));
    let detail = find_job(&mut read, id).await.unwrap().unwrap();
    let messages: Vec<&str> = detail.errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["failure 1", "failure 2", "failure 3"]);
    assert_eq!(detail.errors[2].attempt, 3);
    let none = JobFilter { job_type: Some("test.other".to_owned()), ..JobFilter::default() };
    assert_eq!(list_jobs(&mut read, &none, None, 10).await.unwrap(), []);
    assert_eq!(list_jobs(&mut read, &filter, Some(id), 10).await.unwrap(), [], "nothing older");
    let mut foreign = stage.database.read_tx(&tenant("umbrella")).await.unwrap();
    assert!(find_job(&mut foreign, id).await.unwrap().is_none());
    assert_eq!(list_jobs(&mut foreign, &JobFilter::default(), None, 10).await.unwrap(), []);
    drop((read, foreign));

    healed.store(true, Ordering::SeqCst);
    replay(&stage, &context, id).await.unwrap();
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!((job.attempt, job.messages().len()), (1, 3), "fresh attempts, and the errors are kept");
    assert_eq!(stage.operation(&context, &operation).await.state, OperationState::Succeeded);
    let refused = replay(&stage, &context, id).await;
    assert!(matches!(refused, Err(ControlError::NotReplayable(JobState::Succeeded))), "{refused:?}");
    assert!(matches!(replay(&stage, &tenant("x"), id).await, Err(ControlError::NotFound)));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_replayed_by_type_and_time_in_portions() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    for _ in 0..5 {
        stage.enqueue(&context, work("")).await;
    }
    let foreign = stage.enqueue(&tenant("umbrella"), work("")).await;
    stage
        .execute("update jobs.job set state = 'dead', attempt = 3, finished_at = now() - interval '1 h'")
        .await;
    stage.execute("update jobs.job set finished_at = now() - interval '1 day' where position <= 2").await;
    stage.execute("update jobs.job set type = 'test.other' where position = 5").await;
    let now = Clock::system().now();
    let recent = ReplayFilter {
        job_type: Some("test.work".to_owned()),
        queue: Some("default".to_owned()),
        died_from: Some(now - TimeDelta::hours(2)),
        died_before: Some(now),
    };
    let replayed = async |filter: &ReplayFilter, limit| {
        let mut tx = stage.database.tenant_tx(&context).await.unwrap();
        let ids = replay_jobs(&mut tx, filter, limit).await.unwrap();
        tx.commit(AuditEvent::info("test.replayed")).await.unwrap();
        ids.len()
    };
    let elsewhere = ReplayFilter { queue: Some("other".to_owned()), ..recent.clone() };
    assert_eq!(replayed(&elsewhere, 10).await, 0);
    assert_eq!(replayed(&recent, 1).await, 1);
    assert_eq!(replayed(&recent, 10).await, 1);
    assert_eq!(replayed(&recent, 10).await, 0);
    let waiting =
        "select count(*) from jobs.job where state = 'available' and attempt = 0 and position in (3, 4)";
    assert_eq!(stage.count(waiting).await, 2);
    assert_eq!(replayed(&ReplayFilter::default(), 10).await, 3);
    assert_eq!(stage.job(foreign).await.state, "dead", "another tenant's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_queue_waits_for_one_tenant_or_for_all() {
    let stage = Stage::new().await;
    let (acme, umbrella) = (tenant("acme"), tenant("umbrella"));
    let pause = async |on: bool| {
        let mut tx = stage.database.tenant_tx(&acme).await.unwrap();
        let changed =
            if on { pause_queue(&mut tx, "default").await } else { resume_queue(&mut tx, "default").await };
        tx.commit(AuditEvent::info("test.paused")).await.unwrap();
        changed.unwrap()
    };
    let pause_all = async |on: bool| {
        let mut tx = stage.database.system_tx(SystemReason::Diagnose).await.unwrap();
        let changed = if on {
            pause_queue_for_all(&mut tx, "default", "operator").await
        } else {
            resume_queue_for_all(&mut tx, "default").await
        };
        tx.commit().await.unwrap();
        changed.unwrap()
    };
    assert_eq!([pause(true).await, pause(true).await], [true, false]);
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    let paused = stage.enqueue(&acme, work("")).await;
    let free = stage.enqueue(&umbrella, work("")).await;
    stage.reaches(free, "succeeded").await;
    assert_eq!(stage.job(paused).await.state, "available");
    let mut read = stage.database.read_tx(&acme).await.unwrap();
    let queues = list_queues(&mut read, None, 10).await.unwrap();
    assert_eq!((queues.len(), queues[0].name.as_str(), queues[0].due), (1, "default", 1));
    assert_eq!(queues[0].paused_by.as_deref(), Some("ada"));
    drop(read);

    assert!(pause_all(true).await);
    assert!(pause(false).await);
    let held = stage.enqueue(&umbrella, work("")).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let waiting = "select count(*) from jobs.job where state = 'available' and attempt = 0";
    assert_eq!(stage.count(waiting).await, 2);
    assert!(pause_all(false).await);
    stage.reaches(paused, "succeeded").await;
    stage.reaches(held, "succeeded").await;
    assert_eq!([pause(false).await, pause_all(false).await], [false, false]);
    worker.stop().await;
}
