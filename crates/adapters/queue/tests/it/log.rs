//! What the log says about a job.

use std::io;
use std::sync::{Arc, Mutex};

use athyper_kernel_jobs::JobError;
use serde_json::Value;

use crate::stage::{Running, Stage, config, tenant, work, worker_of};

/// A log that can be read back.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_leaves_one_line_that_says_whose_it_was_and_how_it_ended() {
    let log = Log::default();
    let writer = log.clone();
    // Jobs run on other threads, so the log is the whole process's; the tenant's key picks out the lines of this test.
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let stage = Stage::new().await;
    let job_type = worker_of(|_, work| async move {
        if work.tag == "aborts" { Err(JobError::abort("no such file")) } else { Ok(()) }
    });
    let worker = Running::start(&stage, vec![job_type], config("one"));
    let context = tenant("in-the-log");
    let (good, bad) =
        (stage.enqueue(&context, work("")).await, stage.enqueue(&context, work("aborts")).await);
    stage.reaches(good, "succeeded").await;
    stage.reaches(bad, "dead").await;
    worker.stop().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ends = |id: athyper_kernel_types::JobId| -> Vec<&Value> {
        let of_job = |line: &&Value| {
            line["span"]["job_id"] == id.to_string() && line["fields"]["message"] == "job ended"
        };
        lines.iter().filter(of_job).collect()
    };
    let (good, bad) = (ends(good), ends(bad));
    assert_eq!((good.len(), bad.len()), (1, 1));
    let span = &good[0]["span"];
    for (field, value) in [
        ("request_id", "req-1"),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c"),
        ("realm", "main"),
        ("tenant", "in-the-log"),
        ("actor", "ada"),
        ("operation", "test.work"),
    ] {
        assert_eq!(span[field], value, "{field}");
    }
    assert_eq!((&good[0]["fields"]["outcome"], &good[0]["level"]), (&"succeeded".into(), &"INFO".into()));
    assert!(good[0]["fields"]["elapsed_us"].is_u64());
    assert_eq!((&bad[0]["fields"]["outcome"], &bad[0]["level"]), (&"dead".into(), &"ERROR".into()));
    assert_eq!(bad[0]["fields"]["error"], "no such file");
}
