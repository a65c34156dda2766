//! What a worker tells whoever measures it, and the trace that a job continues.

use std::sync::{Arc, Mutex};

use athyper_adapter_queue::{JobEvent, JobObserver, WorkerConfig, queue_states};
use athyper_kernel_jobs::JobError;
use athyper_kernel_telemetry::TraceContext;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

#[tokio::test(flavor = "multi_thread")]
async fn each_claim_and_each_end_is_told() {
    let stage = Stage::new().await;
    let news: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&news);
    let observer = JobObserver::new(move |news| {
        let event = match news.event {
            JobEvent::Claimed { .. } => "claimed",
            JobEvent::Ended { outcome, .. } => outcome,
            JobEvent::Rescued { fate } => fate,
        };
        told.lock().unwrap().push(format!("{} {} {event}", news.job_type, news.queue));
    });
    let job_type = worker_of(|_, work| async move {
        if work.tag == "aborts" { Err(JobError::abort("no such file")) } else { Ok(()) }
    });
    let settings = WorkerConfig { observer, concurrency: 1, ..config("one") };
    let worker = Running::start(&stage, vec![job_type], settings);
    let good = stage.enqueue(&tenant("acme"), work("")).await;
    stage.reaches(good, "succeeded").await;
    let bad = stage.enqueue(&tenant("acme"), work("aborts")).await;
    stage.reaches(bad, "dead").await;
    let states = queue_states(&stage.database).await.unwrap();
    assert_eq!((states.len(), states[0].queue.as_str(), states[0].due, states[0].dead), (1, "default", 0, 1));
    worker.stop().await;
    let expected =
        ["claimed", "succeeded", "claimed", "dead"].map(|event| format!("test.work default {event}"));
    assert_eq!(*news.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_knows_where_its_job_was_enqueued() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let stage = Stage::new().await;
    let seen: Arc<Mutex<Vec<Option<TraceContext>>>> = Arc::default();
    let note = Arc::clone(&seen);
    let job_type = worker_of(move |run, _| {
        note.lock().unwrap().push(run.trace().cloned());
        async { Ok(()) }
    });
    let id = stage.enqueue(&tenant("acme"), work("")).await;
    stage.execute(&format!("update jobs.job set traceparent = '{PARENT}', tracestate = 'a=b'")).await;
    let worker = Running::start(&stage, vec![job_type], config("one"));
    stage.reaches(id, "succeeded").await;
    worker.stop().await;
    assert_eq!(*seen.lock().unwrap(), [TraceContext::from_headers(PARENT, Some("a=b"))]);
}
