//! How runs end: repeated, snoozed, parked as dead.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use athyper_adapter_queue::queue_depth;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{Backoff, JobError, OperationState, RowError, succeed_operation};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

/// A time that no test lives to see.
fn far_away() -> DateTime<Utc> {
    DateTime::<Utc>::MAX_UTC - TimeDelta::days(366 * 1_000)
}

fn backoff(first: Duration) -> Backoff {
    Backoff { first, most: Duration::from_mins(1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_job_is_repeated_with_growing_waits_and_then_dead_with_all_errors() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let runs: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let times = Arc::clone(&runs);
    let job_type = worker_of(move |run, _| {
        times.lock().unwrap().push(Instant::now());
        async move { Err(JobError::retry(format!("failure {}", run.attempt()))) }
    })
    .backoff(backoff(Duration::from_millis(300)));
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let operation = stage.start_operation(&context, work("")).await;
    stage.counts("select count(*) from jobs.job where state = 'dead'", 1).await;

    let times = runs.lock().unwrap().clone();
    assert_eq!(times.len(), 3, "as many runs as attempts");
    assert!(times[1] - times[0] >= Duration::from_millis(300), "{times:?}");
    assert!(times[2] - times[1] >= Duration::from_millis(600), "{times:?}");
    let id = sqlx::query_scalar("select id from jobs.job").fetch_one(&mut stage.admin().await).await.unwrap();
    let job = stage.job(athyper_kernel_types::Id::from_uuid(id)).await;
    assert_eq!(job.messages(), ["failure 1", "failure 2", "failure 3"]);
    assert_eq!(job.errors[2]["attempt"], 3);
    assert!(job.errors[0]["at"].as_str().unwrap() < job.errors[1]["at"].as_str().unwrap());
    assert!(job.finished_at.is_some() && job.lease_token.is_none());
    let failed = stage.operation(&context, &operation).await;
    assert_eq!(failed.state, OperationState::Failed);
    assert_eq!((failed.errors.len(), failed.errors[0].row), (1, None));
    assert!(!failed.errors[0].message.contains("failure"), "a fault's text is not for the caller");
    let stats = worker.worker.stats();
    assert_eq!((stats.claimed(), stats.failed(), stats.dead()), (3, 2, 1));
    assert_eq!(queue_depth(&stage.database).await.unwrap().dead, 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_is_stored_with_at_most_a_tenth_of_jitter() {
    let stage = Stage::new().await;
    let job_type =
        worker_of(|_, _| async { Err(JobError::retry("not yet")) }).backoff(backoff(Duration::from_secs(10)));
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let mut waits = Vec::new();
    for _ in 0..5 {
        let id = stage.enqueue(&tenant("acme"), work("")).await;
        stage
            .counts(
                &format!(
                    "select count(*) from jobs.job where id = '{id}' and jsonb_array_length(errors) = 1"
                ),
                1,
            )
            .await;
        let job = stage.job(id).await;
        let failed_at: DateTime<Utc> = job.errors[0]["at"].as_str().unwrap().parse().unwrap();
        waits.push((job.run_at - failed_at).num_milliseconds());
        assert_eq!((job.state.as_str(), job.attempt), ("available", 1));
    }
    assert!(waits.iter().all(|wait| (9_990..=11_010).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait > 10_020), "not all alike: {waits:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_is_dead_at_once_and_fails_the_operation_with_its_rows() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let row = RowError {
        row: Some(7),
        column: Some("amount".to_owned()),
        code: "test.not_a_number".to_owned(),
        message: "not a number: 1\u{0}2".to_owned(),
    };
    let errors = vec![row.clone()];
    let job_type = worker_of(move |_, work| {
        let errors = errors.clone();
        async move {
            Err(match work.tag.as_str() {
                "rows" => JobError::Abort { message: "1 row is wrong".to_owned(), errors },
                _ => JobError::abort("the file is empty"),
            })
        }
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let with_rows = stage.start_operation(&context, work("rows")).await;
    let whole = stage.start_operation(&context, work("whole")).await;
    let untouched = stage.start_operation(&context, work("later").run_at(far_away())).await;
    stage.counts("select count(*) from jobs.job where state = 'dead' and attempt = 1", 2).await;

    let failed = stage.operation(&context, &with_rows).await;
    let stored = RowError { message: "not a number: 1\u{fffd}2".to_owned(), ..row };
    assert_eq!(
        (failed.state, failed.errors.as_slice()),
        (OperationState::Failed, [stored.clone()].as_slice())
    );
    assert!(failed.finished_at.is_some());
    let failed = stage.operation(&context, &whole).await;
    let whole = RowError {
        row: None,
        column: None,
        code: "platform.job_failed".to_owned(),
        message: "the file is empty".to_owned(),
    };
    assert_eq!((failed.state, failed.errors.as_slice()), (OperationState::Failed, [whole].as_slice()));
    assert_eq!(stage.operation(&context, &untouched).await.state, OperationState::Queued);

    let kept: serde_json::Value =
        sqlx::query_scalar("select errors -> 0 -> 'rows' from jobs.job where payload ->> 'tag' = 'rows'")
            .fetch_one(&mut stage.admin().await)
            .await
            .unwrap();
    assert_eq!(kept, json!([stored]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_that_does_not_decode_is_dead_with_the_reason() {
    let stage = Stage::new().await;
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    stage.execute("update jobs.job set payload = '{\"other\": 1}'").await;
    let worker = Running::start(&stage, vec![worker_of(|_, _| async { Ok(()) })], config("one"));
    let job = stage.reaches(id, "dead").await;
    assert!(job.messages()[0].contains("missing field `tag`"), "{job:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failed_attempt_and_the_worker_lives_on() {
    let stage = Stage::new().await;
    let job_type = worker_of(|run, _| async move {
        assert!(run.attempt() > 1, "no broom");
        Ok(())
    })
    .backoff(backoff(Duration::from_millis(10)));
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!(job.attempt, 2);
    assert_eq!(job.messages(), ["the handler panicked: no broom"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_waits_and_costs_no_attempt() {
    let stage = Stage::new().await;
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let job_type = worker_of(move |_, _| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move { if call < 5 { Err(JobError::Snooze(Duration::from_millis(20))) } else { Ok(()) } }
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    let job = stage.reaches(id, "succeeded").await;
    assert_eq!((calls.load(Ordering::SeqCst), job.attempt), (6, 1), "more calls than attempts");
    assert_eq!(job.errors, json!([]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_may_complete_its_job_itself_together_with_its_work() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let job_type = worker_of(|run, _| async move {
        let mut tx = run.tx().await?;
        succeed_operation(&mut tx, run.id(), json!({ "rows": 3 })).await?;
        run.complete(tx, AuditEvent::info("test.done")).await
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let operation = stage.start_operation(&context, work("")).await;
    stage.counts("select count(*) from jobs.job where state = 'succeeded' and attempt = 1", 1).await;
    let done = stage.operation(&context, &operation).await;
    assert_eq!((done.state, done.result), (OperationState::Succeeded, Some(json!({ "rows": 3 }))));
    while worker.worker.stats().running() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(worker.worker.stats().succeeded(), 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_its_handler_leaves_open_ends_with_the_job() {
    let stage = Stage::new().await;
    let context = tenant("acme");
    let job_type = worker_of(|run, work| async move {
        if work.tag == "completes" {
            let tx = run.tx().await?;
            return run.complete(tx, AuditEvent::info("test.done")).await;
        }
        Ok(())
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let mut operations = Vec::new();
    for tag in ["returns", "completes"] {
        operations.push(stage.start_operation(&context, work(tag)).await);
    }
    let untouched = stage.start_operation(&tenant("umbrella"), work("").run_at(far_away())).await;
    stage.counts("select count(*) from jobs.job where state = 'succeeded'", 2).await;
    for operation in &operations {
        let done = stage.operation(&context, operation).await;
        assert_eq!(done.state, OperationState::Succeeded);
        assert!(done.finished_at.is_some() && done.result.is_none());
    }
    let open =
        format!("select count(*) from jobs.operation where id = '{}' and state = 'queued'", untouched.id);
    assert_eq!(stage.count(&open).await, 1);
    worker.stop().await;
}
