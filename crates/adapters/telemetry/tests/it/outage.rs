//! A collector that is away, slow, refusing or back again, and the end of the process.

use std::thread;
use std::time::{Duration, Instant};

use athyper_adapter_telemetry::{OtlpSettings, ShutdownReport, Telemetry};
use axum::http::StatusCode;
use tracing::{info, info_span};

use crate::collector::{Collector, Manner, nobody, url_of};
use crate::support::{PATIENCE, dropped, exported, settings, start, subscriber, under};

/// Opens and closes spans, and says how long that took.
fn open_spans(telemetry: &Telemetry, count: usize) -> Duration {
    let started = Instant::now();
    under(telemetry, || {
        for n in 0..count {
            drop(info_span!("work", n));
        }
    });
    started.elapsed()
}

#[test]
fn while_the_collector_is_away_nothing_waits_and_drops_are_counted() {
    let telemetry =
        start(OtlpSettings { queue_size: 100, batch_size: 50, ..settings(Some(url_of(nobody()))) });
    let took = open_spans(&telemetry, 10_000);
    assert!(took < Duration::from_secs(5), "{took:?}");
    // At most a queue and a batch can be on their way.
    let full = dropped(&telemetry, "traces", "queue_full");
    assert!((9_850..10_000).contains(&full), "{full}");

    let started = Instant::now();
    let report = telemetry.shutdown(Duration::from_millis(300));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    // Everything is accounted for: what was left in the queue as well, and the metrics that told of it.
    let traces: u64 = ["queue_full", "export_failed", "stopped"]
        .map(|reason| dropped(&telemetry, "traces", reason))
        .iter()
        .sum();
    assert_eq!((traces, exported(&telemetry, "traces")), (10_000, 0));
    assert!(report.dropped > 0);
}

#[test]
fn a_slow_collector_slows_nobody_down() {
    let collector = Collector::with(Manner { delay: Duration::from_millis(300), ..Manner::default() });
    let settings = OtlpSettings { queue_size: 100, batch_size: 50, ..settings(Some(collector.url())) };
    let telemetry = start(settings);
    let took = open_spans(&telemetry, 10_000);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(telemetry.shutdown(PATIENCE).is_complete);
    let lost = dropped(&telemetry, "traces", "queue_full");
    let arrived = collector.received().spans.len() as u64;
    assert!(lost > 0 && arrived >= 100, "{lost} {arrived}");
    assert_eq!((lost + arrived, exported(&telemetry, "traces")), (10_000, arrived));
}

#[test]
fn a_collector_that_never_answers_costs_its_time_and_no_more() {
    let collector = Collector::with(Manner { delay: Duration::from_hours(1), ..Manner::default() });
    let settings = OtlpSettings { timeout: Duration::from_millis(100), ..settings(Some(collector.url())) };
    let telemetry = start(settings);
    open_spans(&telemetry, 3);
    let started = Instant::now();
    let report = telemetry.shutdown(PATIENCE);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(report.is_complete);
    assert_eq!(dropped(&telemetry, "traces", "export_failed"), 3);
}

#[test]
fn a_collector_that_comes_back_gets_what_is_new() {
    let first = Collector::start();
    let address = first.address;
    let settings = OtlpSettings { timeout: Duration::from_millis(300), ..settings(Some(first.url())) };
    let telemetry = start(settings);
    open_spans(&telemetry, 1);
    first.wait(|received| received.spans.len() == 1);
    drop(first);

    open_spans(&telemetry, 5);
    let end = Instant::now() + PATIENCE;
    while dropped(&telemetry, "traces", "export_failed") < 5 {
        assert!(Instant::now() < end, "{}", telemetry.metrics().render());
        thread::yield_now();
    }
    let second = Collector::back_at(address);
    open_spans(&telemetry, 7);
    let received = second.wait(|received| received.spans.len() >= 7);
    assert_eq!(received.spans.len(), 7);
    telemetry.shutdown(PATIENCE);
    assert_eq!(exported(&telemetry, "traces"), 8);
    // The metrics at the end tell of the outage.
    assert_eq!(second.received().metrics.len(), 1);
}

#[test]
fn a_collector_that_is_busy_for_a_moment_loses_nothing() {
    let refuse = Some((2, StatusCode::SERVICE_UNAVAILABLE));
    let collector = Collector::with(Manner { refuse, ..Manner::default() });
    let telemetry = start(settings(Some(collector.url())));
    open_spans(&telemetry, 3);
    let received = collector.wait(|received| received.spans.len() == 3);
    assert_eq!(received.requests, 3);
    telemetry.shutdown(PATIENCE);
    assert_eq!((dropped(&telemetry, "traces", "export_failed"), exported(&telemetry, "traces")), (0, 3));
}

#[test]
fn what_the_collector_refuses_for_good_is_not_sent_again() {
    let refuse = Some((1, StatusCode::UNAUTHORIZED));
    let collector = Collector::with(Manner { refuse, ..Manner::default() });
    let telemetry = start(settings(Some(collector.url())));
    open_spans(&telemetry, 3);
    collector.wait(|received| received.requests == 1);
    telemetry.shutdown(PATIENCE);
    assert_eq!(dropped(&telemetry, "traces", "export_failed"), 3);
    // The second request are the metrics at the end.
    assert_eq!((collector.received().requests, collector.received().spans.len()), (2, 0));
}

#[test]
fn the_end_sends_all_that_is_queued() {
    let collector = Collector::start();
    let settings = OtlpSettings {
        batch_delay: Duration::from_hours(1),
        batch_size: 100,
        queue_size: 2_000,
        ..settings(Some(collector.url()))
    };
    let telemetry = start(settings);
    open_spans(&telemetry, 1_010);
    under(&telemetry, || {
        for n in 0..55 {
            info!(n, "a line");
        }
    });
    assert_eq!(telemetry.shutdown(PATIENCE), ShutdownReport { is_complete: true, dropped: 0 });
    let received = collector.received();
    assert_eq!((received.spans.len(), received.logs.len(), received.metrics.len()), (1_010, 55, 1));
    // Ten full batches, the rest, the lines and the metrics.
    assert_eq!(received.requests, 13);

    // Later spans go nowhere, and a second end is none.
    open_spans(&telemetry, 1);
    assert_eq!(dropped(&telemetry, "traces", "stopped"), 1);
    assert_eq!(telemetry.shutdown(PATIENCE), ShutdownReport { is_complete: true, dropped: 0 });
}

#[test]
fn drops_are_told_in_the_log_once_in_an_interval() {
    let settings = OtlpSettings {
        report_interval: Duration::from_millis(50),
        timeout: Duration::from_millis(50),
        ..settings(Some(url_of(nobody())))
    };
    let telemetry = start(settings);
    // The line comes from the exporting thread, which has the subscriber of the process.
    let (process, memory) = subscriber(&telemetry);
    tracing::subscriber::set_global_default(process).unwrap();
    open_spans(&telemetry, 4);
    let is_about_us = |line: &serde_json::Value| line["target"] == "athyper_adapter_telemetry::losses";
    let end = Instant::now() + PATIENCE;
    while !memory.lines().iter().any(is_about_us) {
        assert!(Instant::now() < end, "no line came");
        thread::yield_now();
    }
    telemetry.shutdown(PATIENCE);
    let lines: Vec<_> = memory.lines().into_iter().filter(is_about_us).collect();
    assert_eq!(lines[0]["level"], "warn");
    assert!(!lines[0]["error"].as_str().unwrap().is_empty(), "{lines:?}");
    let told: u64 = lines.iter().map(|line| line["spans"].as_u64().unwrap()).sum();
    assert!(told >= 4, "{lines:?}");
    // The line itself is not sent, or each outage would feed itself.
    assert_eq!(dropped(&telemetry, "logs", "export_failed"), 0);
}
