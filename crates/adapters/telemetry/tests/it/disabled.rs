//! Telemetry that is off, or has nowhere to go.

use athyper_adapter_telemetry::{HttpMetrics, OtlpSettings, ShutdownReport, Spec};
use std::time::Duration;

use crate::collector::{Collector, url_of};
use crate::support::{PATIENCE, settings, start, under};

const NOTHING: ShutdownReport = ShutdownReport { is_complete: true, dropped: 0 };

#[test]
fn without_an_endpoint_there_is_no_layer_and_metrics_are_still_rendered() {
    let telemetry = start(settings(None));
    assert!(telemetry.layer().is_none());
    let http = HttpMetrics::new(telemetry.metrics()).unwrap();
    http.record("GET", "/v1/x", 200, Duration::from_millis(3));
    assert!(telemetry.metrics().render().contains("http_server_request_duration_seconds_count{"));
    assert_eq!(telemetry.shutdown(PATIENCE), NOTHING);
}

#[test]
fn switched_off_there_is_no_layer_and_instruments_do_nothing() {
    let collector = Collector::start();
    let off = OtlpSettings { enabled: false, ..settings(Some(url_of(collector.address))) };
    let telemetry = start(off);
    assert!(telemetry.layer().is_none());
    let spec = Spec { name: "x", unit: "", description: "X." };
    let counter = telemetry.metrics().counter(spec, ["a"]).unwrap();
    counter.add(1, ["b"]);
    assert_eq!((counter.value(["b"]), telemetry.metrics().render().as_str()), (0, "# EOF\n"));
    let ((), lines) = under(&telemetry, || tracing::info!("only a line"));
    assert_eq!(lines.len(), 1);
    assert_eq!(telemetry.shutdown(PATIENCE), NOTHING);
    assert_eq!(collector.received().requests, 0);
}
