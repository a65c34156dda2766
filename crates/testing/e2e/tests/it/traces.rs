//! Traces, metrics and logs of real processes, as a collector gets them.

use std::time::Duration;

use athyper_e2e::{Platform, Program, follow, free_port, import};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::collector::{Collector, attributes};

/// The caller's place in a trace of its own.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[tokio::test]
async fn a_request_and_its_job_in_another_process_are_one_trace() {
    let collector = Collector::start();
    let platform = Platform::new();
    let (api_port, worker_port) = (free_port(), free_port());
    let launch = |program, port: u16| {
        platform
            .launch(program)
            .env("ATHYPER_SUPER__OTLP_ENDPOINT", collector.server.url())
            .set("telemetry.metricsIntervalMs=500")
            .set(&format!("operator.port={port}"))
    };
    let api = platform.serve(launch(Program::Api, api_port).set("jobQueue.runInApi=false")).await;
    let worker = platform.worker(launch(Program::Worker, worker_port)).await;

    let client = platform.client("demo", "accountant").await;
    let traced = client.with("traceparent", &format!("00-{TRACE}-{CALLER}-01"));
    let file = "account,type\nAssets:Bank,asset\n";
    let operation = import(&traced, "/v1/opening/accounts/import", file).await;
    assert_eq!(follow(&client, &operation, Duration::from_secs(30)).await["state"], "succeeded");

    let of_trace = |span: &&Span| hex(&span.trace_id) == TRACE;
    let is_server = |span: &&Span| span.kind == SpanKind::Server as i32;
    let received = collector
        .until("the spans of request and job", |received| {
            let mut spans = received.spans.iter().filter(of_trace);
            spans.clone().any(|span| span.name == "job") && spans.any(|span| is_server(&span))
        })
        .await;
    let spans: Vec<&Span> = received.spans.iter().filter(of_trace).collect();
    let request = spans.iter().find(|span| is_server(span)).unwrap();
    assert_eq!(hex(&request.parent_span_id), CALLER);
    assert_eq!(request.name, "POST /v1/opening/accounts/import");
    let facts = attributes(request);
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/v1/opening/accounts/import"),
        ("url.path", "/v1/opening/accounts/import"),
        ("http.response.status_code", "202"),
        ("operation", "opening.import_accounts"),
        ("tenant", "demo"),
    ] {
        assert_eq!(facts.get(name).map(String::as_str), Some(value), "{name} of {facts:?}");
    }
    let job = spans.iter().find(|span| span.name == "job").unwrap();
    let ids: Vec<_> = spans.iter().map(|span| &span.span_id).collect();
    assert!(ids.contains(&&job.parent_span_id), "the job stands below what enqueued it: {job:?}");
    assert_eq!(attributes(job)["operation"], "opening.import_accounts");

    let received = collector
        .until("metrics and logs", |received| {
            let metrics =
                ["http.server.request.duration", "athyper.job.duration", "db.client.connection.count"];
            metrics.iter().all(|name| received.metrics.iter().any(|metric| metric == name))
                && received.logs.iter().filter(|log| hex(&log.trace_id) == TRACE).count() >= 2
        })
        .await;
    assert!(!received.logs.is_empty());
    for (port, metric) in [
        (api_port, "http_server_request_duration_seconds_bucket"),
        (worker_port, "athyper_job_duration_seconds_bucket"),
        (worker_port, "db_client_connection_count"),
    ] {
        let text =
            reqwest::get(format!("http://127.0.0.1:{port}/metrics")).await.unwrap().text().await.unwrap();
        assert!(text.contains(metric), "{metric} in {text}");
        let diagnostics = reqwest::get(format!("http://127.0.0.1:{port}/diagnostics")).await.unwrap();
        assert!(diagnostics.text().await.unwrap().contains("circuitBreakers"));
    }
    for process in [worker, api] {
        process.terminate().await.expect_code(0);
    }
    // What was queued when the processes stopped has been sent: their last words are there.
    let stopped = |received: &crate::collector::Received| {
        let bodies = received.logs.iter().filter_map(|log| log.body.as_ref());
        bodies.filter(|body| format!("{body:?}").contains("\"stopped\"")).count() == 2
    };
    collector.until("the last lines of both processes", stopped).await;
}
