//! Log records: the same as the log lines.

use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::Value;
use tracing::{debug, error, info, info_span, warn};

use crate::collector::Collector;
use crate::support::{PATIENCE, attribute, hex, settings, start, under};

/// Members of a line that have places of their own in OTLP: in the record, its scope or the resource.
const PLACED: [&str; 10] =
    ["ts", "level", "msg", "service", "mode", "env", "target", "trace_id", "span_id", "service_version"];

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn body(record: &LogRecord) -> String {
    match record.body.clone().unwrap().value {
        Some(AnyValue::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_line_is_sent_once_and_says_the_same() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    let ((), lines) = under(&telemetry, || {
        let request = info_span!(
            "request",
            request_id = "r1",
            trace_id = "0af7651916cd43dd8448eb211c80319c",
            span_id = "b7ad6b7169203331",
            tenant = "acme",
            hidden = "not on the line",
        );
        let _request = request.entered();
        info!(target: "here", count = 3_u64, big = u64::MAX, ratio = 0.5, ok = true, status = 200, "done");
        warn!(db_password = "hunter2", url = "redis://:hunter2@host", tenant = "own", "Bearer hunter2");
        debug!("below the level");
        error!(fatal = true, "the end");
    });
    telemetry.shutdown(PATIENCE);
    let logs = collector.received().logs;
    assert_eq!((logs.len(), lines.len()), (3, 3));
    for line in lines.iter().map(|line| line.as_object().unwrap()) {
        let found: Vec<_> = logs.iter().filter(|(_, record)| line["msg"] == body(record)).collect();
        assert_eq!(found.len(), 1, "{line:?}");
        let (scope, record) = found[0];
        assert_eq!(line["level"], record.severity_text);
        assert_eq!(line["target"], *scope);
        assert_eq!(line["trace_id"], hex(&record.trace_id));
        assert_eq!(line["span_id"], hex(&record.span_id));
        let fields: Vec<_> = line.iter().filter(|(name, _)| !PLACED.contains(&name.as_str())).collect();
        assert_eq!(record.attributes.len(), fields.len(), "{record:?}");
        for (name, value) in fields {
            assert_eq!(attribute(&record.attributes, name), Some(text(value)), "{name}");
        }
    }
    let numbers: Vec<_> = logs.iter().map(|(_, record)| record.severity_number).collect();
    // By scope the order may differ: OTLP groups the records.
    for number in [9, 13, 21] {
        assert!(numbers.contains(&number), "{numbers:?}");
    }
}

#[test]
fn outside_all_spans_a_record_has_no_trace_and_odd_ids_stay_fields() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    under(&telemetry, || {
        info!("alone");
        info!(trace_id = "no hex", "odd");
    });
    telemetry.shutdown(PATIENCE);
    let logs = collector.received().logs;
    let find = |wanted: &str| logs.iter().find(|(_, record)| body(record) == wanted).unwrap().1.clone();
    let alone = find("alone");
    assert!(alone.trace_id.is_empty() && alone.span_id.is_empty() && alone.attributes.is_empty());
    assert!(alone.time_unix_nano > 1_700_000_000_000_000_000);
    assert_eq!(attribute(&find("odd").attributes, "trace_id").as_deref(), Some("no hex"));
}
