//! Spans: their ids, parents, status and attributes, as the collector gets them.

use athyper_adapter_telemetry::OtlpSettings;
use athyper_kernel_telemetry::TraceContext;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tracing::{error, info, info_span, warn};

use crate::collector::Collector;
use crate::support::{PATIENCE, attribute, exported, hex, settings, start, under};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn span<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

#[test]
fn a_request_goes_on_with_its_callers_trace_in_the_log_the_span_and_the_outgoing_call() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    let own = TraceContext::from_headers(CALLER, Some("a=b")).unwrap().child();
    let (outgoing, lines) = under(&telemetry, || {
        let request = info_span!(
            "request",
            request_id = "r1",
            trace_id = own.trace_id(),
            span_id = own.span_id(),
            traceparent = CALLER,
            tracestate = "a=b",
            otel.name = "GET /v1/things/{id}",
            otel.kind = "server",
            http.request.method = "GET",
            http.response.status_code = tracing::field::Empty,
            tenant = tracing::field::Empty,
        );
        request.in_scope(|| {
            request.record("tenant", "acme");
            let outgoing =
                info_span!("call", otel.kind = "client").in_scope(|| TraceContext::current().unwrap());
            info!("answered");
            request.record("http.response.status_code", 200);
            outgoing
        })
    });
    assert!(telemetry.shutdown(PATIENCE).is_complete);

    let received = collector.received();
    assert_eq!(received.spans.len(), 2);
    let request = span(&received.spans, "GET /v1/things/{id}");
    let call = span(&received.spans, "call");
    assert_eq!(hex(&request.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hex(&request.trace_id), lines[0]["trace_id"]);
    assert_eq!(
        (hex(&request.span_id), lines[0]["span_id"].as_str().unwrap()),
        (own.span_id(), &*own.span_id())
    );
    assert_eq!(hex(&request.parent_span_id), "b7ad6b7169203331");
    assert_eq!(request.trace_state, "a=b");
    // The bits of OTLP for "the parent is in another process, and that is known".
    assert_eq!((request.flags & 0x300, call.flags & 0x300), (0x300, 0x100));
    assert_eq!((request.kind(), call.kind()), (SpanKind::Server, SpanKind::Client));
    assert!(request.start_time_unix_nano <= call.start_time_unix_nano);
    assert!(call.end_time_unix_nano <= request.end_time_unix_nano);

    assert_eq!((&call.trace_id, &call.parent_span_id), (&request.trace_id, &request.span_id));
    assert_eq!(outgoing.traceparent(), format!("00-{}-{}-01", hex(&call.trace_id), hex(&call.span_id)));
    assert_eq!(outgoing.tracestate(), Some("a=b"));

    let attributes = |name| attribute(&request.attributes, name);
    assert_eq!(attributes("http.response.status_code").as_deref(), Some("200"));
    assert_eq!(attributes("tenant").as_deref(), Some("acme"));
    assert_eq!(attributes("request_id").as_deref(), Some("r1"));
    for placed in ["trace_id", "span_id", "traceparent", "tracestate", "otel.name", "otel.kind"] {
        assert_eq!(attributes(placed), None);
    }
    assert_eq!(request.status.clone().unwrap_or_default().code(), StatusCode::Unset);
    let resource = |name| attribute(&received.resources[0].attributes, name);
    assert_eq!(resource("service.name").as_deref(), Some("athyper-api"));
    assert_eq!(resource("service.version").as_deref(), Some("1.2.3"));
    assert_eq!(resource("deployment.environment.name").as_deref(), Some("test"));
    assert_eq!(resource("athyper.mode").as_deref(), Some("api"));
    assert_eq!(resource("service.instance.id").map(|id| id.len()), Some(32));
}

#[test]
fn a_job_that_knows_only_its_trace_has_the_same_span_id_in_log_and_trace() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    let ((), lines) = under(&telemetry, || {
        let trace_id = "0af7651916cd43dd8448eb211c80319c";
        let _job = info_span!("job", trace_id, otel.kind = "consumer", job_id = "j1").entered();
        info!("job ended");
    });
    telemetry.shutdown(PATIENCE);
    let spans = collector.received().spans;
    let job = span(&spans, "job");
    assert_eq!(
        (hex(&job.trace_id), hex(&job.span_id)),
        (lines[0]["trace_id"].as_str().unwrap().to_owned(), lines[0]["span_id"].as_str().unwrap().to_owned(),)
    );
    assert!(job.parent_span_id.is_empty());
}

#[test]
fn what_failed_has_the_status_of_an_error() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    under(&telemetry, || {
        info_span!("answered_503", http.response.status_code = 503)
            .in_scope(|| error!("the database is away"));
        info_span!("answered_404", http.response.status_code = 404).in_scope(|| error!("not that bad"));
        let job = info_span!("job_failed", otel.status_code = tracing::field::Empty);
        job.in_scope(|| warn!("trying again"));
        job.record("otel.status_code", "error");
        drop(job);
        info_span!("logged_an_error")
            .in_scope(|| error!(password = "hunter2", "cannot log in, password=hunter2"));
        let _outer = info_span!("only_inside_failed").entered();
        info_span!("inside").in_scope(|| error!("inside"));
    });
    telemetry.shutdown(PATIENCE);
    let spans = collector.received().spans;
    let status = |name| {
        let status = span(&spans, name).status.clone().unwrap_or_default();
        (status.code(), status.message)
    };
    let failed = |message: &str| (StatusCode::Error, message.to_owned());
    assert_eq!(status("answered_503"), failed("the database is away"));
    assert_eq!(status("answered_404").0, StatusCode::Unset);
    assert_eq!(status("job_failed"), failed(""));
    assert_eq!(status("logged_an_error"), failed("cannot log in, password=[redacted]"));
    assert_eq!(status("inside"), failed("inside"));
    assert_eq!(status("only_inside_failed").0, StatusCode::Unset);
}

#[test]
fn a_trace_that_is_not_sampled_is_not_sent_and_told_so_to_others() {
    let collector = Collector::start();
    let telemetry = start(OtlpSettings { sampling_ratio: 0.0, ..settings(Some(collector.url())) });
    let (outgoing, lines) = under(&telemetry, || {
        let _request = info_span!("request").entered();
        info_span!("step").in_scope(|| {
            info!("a line");
            TraceContext::current().unwrap()
        })
    });
    under(&telemetry, || {
        let caller_samples = info_span!("request", traceparent = CALLER);
        caller_samples.in_scope(|| info_span!("step").in_scope(|| ()));
    });
    telemetry.shutdown(PATIENCE);
    assert!(!outgoing.is_sampled());
    let received = collector.received();
    assert_eq!(received.spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["step", "request"]);
    assert_eq!(hex(&received.spans[0].trace_id), "0af7651916cd43dd8448eb211c80319c");
    // Lines are sent all the same, with their ids.
    assert_eq!(lines[0]["trace_id"], outgoing.trace_id());
    assert_eq!(hex(&received.logs[0].1.trace_id), outgoing.trace_id());
}

#[test]
fn nothing_secret_leaves_the_process() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    under(&telemetry, || {
        let span = info_span!(
            "request",
            otel.name = "GET /?password=hunter2",
            authorization = "hunter2",
            url = "postgres://me:hunter2@host/db",
            late = tracing::field::Empty,
            otel.status_code = "error",
            otel.status_description = "denied: Bearer hunter2",
        );
        span.record("late", "Cookie: session=hunter2");
        span.in_scope(|| info!(api_key = "hunter2", detail = ?Some("token=hunter2"), "Bearer hunter2"));
    });
    telemetry.shutdown(PATIENCE);
    let received = collector.received();
    assert_eq!((received.spans.len(), received.logs.len()), (1, 1));
    let text = String::from_utf8_lossy(&received.bytes);
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(attribute(&received.spans[0].attributes, "authorization").as_deref(), Some("[redacted]"));
}

#[test]
fn the_headers_of_the_settings_go_along_and_are_not_shown() {
    let collector = Collector::start();
    let mut settings = settings(Some(collector.url()));
    settings.headers = vec![("authorization".to_owned(), "Basic%20aGk=".into())];
    assert!(!format!("{settings:?}").contains("aGk"));
    let telemetry = start(settings);
    assert!(!format!("{telemetry:?}").contains("aGk"));
    under(&telemetry, || info_span!("request").in_scope(|| info!("a line")));
    telemetry.shutdown(PATIENCE);
    let headers = collector.received().headers;
    // Traces, logs and metrics.
    assert_eq!(headers.len(), 3);
    assert!(headers.iter().all(|headers| headers["authorization"] == "Basic%20aGk="));
    assert_eq!((exported(&telemetry, "traces"), exported(&telemetry, "logs")), (1, 1));
}
