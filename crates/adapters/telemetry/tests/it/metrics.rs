//! Metrics, as the collector gets them.

use std::thread;
use std::time::Duration;

use athyper_adapter_telemetry::{
    HttpMetrics, JobMetrics, MetricError, Metrics, OtlpSettings, PoolState, QueueState, Spec, observe_pool,
    observe_queues,
};
use athyper_kernel_types::Clock;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, HistogramDataPoint, Metric};

use crate::collector::{Collector, Manner};
use crate::support::{PATIENCE, attribute, dropped, exported, settings, start};

const REQUESTS: Spec = Spec { name: "requests", unit: "{request}", description: "Requests." };

fn metric<'a>(metrics: &'a [Metric], name: &str) -> &'a Metric {
    let found: Vec<_> = metrics.iter().filter(|metric| metric.name == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

/// Label values by the name `label`, with the number.
fn numbers(metric: &Metric, label: &str) -> Vec<(Option<String>, f64)> {
    let points = match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => &sum.data_points,
        Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    };
    let number = |value| match value {
        Value::AsDouble(number) => number,
        Value::AsInt(number) => f64::from(i32::try_from(number).unwrap()),
    };
    points.iter().map(|point| (attribute(&point.attributes, label), number(point.value.unwrap()))).collect()
}

fn histogram(metric: &Metric) -> &[HistogramDataPoint] {
    match metric.data.as_ref().unwrap() {
        Data::Histogram(histogram) => {
            assert_eq!(histogram.aggregation_temporality(), AggregationTemporality::Cumulative);
            &histogram.data_points
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_instruments_arrive_with_names_units_and_labels() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    let metrics = telemetry.metrics();
    let counter = metrics.counter(REQUESTS, ["kind", "empty"]).unwrap();
    counter.add(2, ["a", ""]);
    // The same definition is the same instrument.
    metrics.counter(REQUESTS, ["kind", "empty"]).unwrap().add(3, ["a", ""]);
    let open = Spec { name: "open", unit: "{request}", description: "Open requests." };
    let open = metrics.up_down_counter(open, []).unwrap();
    open.add(5, []);
    open.add(-7, []);
    let wait = Spec { name: "wait", unit: "s", description: "Waiting." };
    let wait = metrics.histogram(wait, ["kind"], &[0.1, 1.0]).unwrap();
    for value in [0.1, 0.100_1, 1.0, 7.5, f64::NAN, f64::INFINITY] {
        wait.record(value, ["a"]);
    }
    let fill = Spec { name: "fill", unit: "1", description: "Fill." };
    metrics.observable_gauge(fill, ["pool"], |observer| observer.set(0.25, ["main"])).unwrap();
    telemetry.shutdown(PATIENCE);

    let received = collector.received();
    assert_eq!(received.metrics.len(), 1);
    let all = &received.metrics[0];
    let requests = metric(all, "requests");
    assert_eq!((requests.unit.as_str(), requests.description.as_str()), ("{request}", "Requests."));
    assert_eq!(numbers(requests, "kind"), [(Some("a".to_owned()), 5.0)]);
    let Some(Data::Sum(sum)) = &requests.data else { panic!("a sum") };
    assert!(sum.is_monotonic);
    assert_eq!(sum.aggregation_temporality(), AggregationTemporality::Cumulative);
    assert_eq!(sum.data_points[0].attributes.len(), 1, "an empty label is left out");
    assert!(sum.data_points[0].start_time_unix_nano <= sum.data_points[0].time_unix_nano);
    assert!(sum.data_points[0].start_time_unix_nano > 1_700_000_000_000_000_000);
    assert_eq!(numbers(metric(all, "open"), "kind"), [(None, -2.0)]);
    assert!(matches!(&metric(all, "open").data, Some(Data::Sum(sum)) if !sum.is_monotonic));
    assert_eq!(numbers(metric(all, "fill"), "pool"), [(Some("main".to_owned()), 0.25)]);
    let wait = &histogram(metric(all, "wait"))[0];
    assert_eq!(
        (wait.explicit_bounds.as_slice(), wait.bucket_counts.as_slice()),
        (&[0.1, 1.0][..], &[1, 2, 1][..])
    );
    assert_eq!((wait.count, wait.sum), (4, Some(0.1 + 0.100_1 + 1.0 + 7.5)));
}

#[test]
fn the_platforms_metrics_have_their_names() {
    let collector = Collector::start();
    let telemetry = start(settings(Some(collector.url())));
    let metrics = telemetry.metrics();
    let http = HttpMetrics::new(metrics).unwrap();
    http.record("GET", "/v1/things/{id}", 200, Duration::from_millis(30));
    http.record("BREW", "", 503, Duration::from_millis(1));
    JobMetrics::new(metrics).unwrap().record("finance.import", "succeeded", Duration::from_secs(2));
    observe_pool(metrics, "main", || PoolState { used: 3, idle: 2, max: 10 }).unwrap();
    let queue = QueueState { queue: "default".to_owned(), depth: 7, lag: Duration::from_millis(1_500) };
    observe_queues(metrics, move || vec![queue.clone()]).unwrap();
    telemetry.shutdown(PATIENCE);

    let all = &collector.received().metrics[0];
    let requests = metric(all, "http.server.request.duration");
    assert_eq!(requests.unit, "s");
    let label = |point: &HistogramDataPoint, name: &str| attribute(&point.attributes, name);
    let points = histogram(requests);
    let of = |method: &str| {
        points.iter().find(|point| label(point, "http.request.method").as_deref() == Some(method)).unwrap()
    };
    assert_eq!(label(of("GET"), "http.route").as_deref(), Some("/v1/things/{id}"));
    assert_eq!(label(of("GET"), "http.response.status_code").as_deref(), Some("200"));
    assert_eq!((label(of("GET"), "error.type"), of("GET").sum), (None, Some(0.03)));
    assert_eq!(label(of("_OTHER"), "error.type").as_deref(), Some("503"));
    assert_eq!(label(of("_OTHER"), "http.route"), None);
    let job = &histogram(metric(all, "athyper.job.duration"))[0];
    assert_eq!(label(job, "athyper.job.type").as_deref(), Some("finance.import"));
    assert_eq!(label(job, "athyper.job.outcome").as_deref(), Some("succeeded"));
    let pool = numbers(metric(all, "db.client.connection.count"), "db.client.connection.state");
    assert_eq!(pool, [(Some("idle".to_owned()), 2.0), (Some("used".to_owned()), 3.0)]);
    assert_eq!(numbers(metric(all, "db.client.connection.max"), "x"), [(None, 10.0)]);
    assert_eq!(numbers(metric(all, "athyper.queue.depth"), "athyper.queue.name")[0].1, 7.0);
    assert_eq!(numbers(metric(all, "athyper.queue.lag"), "athyper.queue.name")[0].1, 1.5);
}

#[test]
fn label_sets_beyond_the_limit_become_other_and_are_counted() {
    let collector = Collector::start();
    let telemetry = start(OtlpSettings { label_sets: 3, ..settings(Some(collector.url())) });
    let counter = telemetry.metrics().counter(REQUESTS, ["path"]).unwrap();
    for n in 0..1_000 {
        counter.add(1, [&format!("/{n}")]);
    }
    let depth = Spec { name: "depth", unit: "", description: "Depth." };
    telemetry
        .metrics()
        .observable_gauge(depth, ["queue"], |observer| {
            for n in 0..5 {
                observer.set(2.0, [&n.to_string()]);
            }
        })
        .unwrap();
    telemetry.shutdown(PATIENCE);
    let all = &collector.received().metrics[0];
    let requests = numbers(metric(all, "requests"), "other");
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[3], (Some("true".to_owned()), 997.0));
    assert!(requests[..3].iter().all(|(other, count)| other.is_none() && *count == 1.0));
    assert_eq!(numbers(metric(all, "depth"), "other")[3], (Some("true".to_owned()), 4.0));
    let overflows = numbers(metric(all, "athyper.telemetry.label_overflows"), "instrument");
    assert_eq!(overflows, [(Some("depth".to_owned()), 2.0), (Some("requests".to_owned()), 997.0)]);
}

#[test]
fn metrics_arrive_again_and_again_and_what_is_rejected_is_counted() {
    let collector = Collector::with(Manner { rejected: 1, ..Manner::default() });
    let settings =
        OtlpSettings { metrics_interval: Duration::from_millis(20), ..settings(Some(collector.url())) };
    let telemetry = start(settings);
    telemetry.metrics().counter(REQUESTS, []).unwrap().add(1, []);
    let received = collector.wait(|received| received.metrics.len() >= 3);
    for all in &received.metrics {
        assert_eq!(numbers(metric(all, "requests"), "x"), [(None, 1.0)]);
    }
    telemetry.shutdown(PATIENCE);
    let sent = collector.received().metrics.len();
    assert_eq!(dropped(&telemetry, "metrics", "rejected"), sent as u64);
    assert!(exported(&telemetry, "metrics") > 0);
}

#[test]
fn a_name_stands_for_one_instrument() {
    let metrics = Metrics::new(10, &Clock::system());
    let spec = |name| Spec { name, unit: "", description: "X." };
    metrics.counter(spec("a.b"), ["x"]).unwrap();
    assert!(metrics.counter(spec("a.b"), ["x"]).is_ok());
    assert_eq!(metrics.counter(spec("a.b"), ["y"]).unwrap_err(), MetricError::Taken("a.b"));
    assert_eq!(metrics.up_down_counter(spec("a.b"), ["x"]).unwrap_err(), MetricError::Taken("a.b"));
    // OpenMetrics would write both as `a_b`.
    let alike = metrics.observable_gauge(spec("a_b"), ["x"], |_| {});
    assert_eq!(alike.unwrap_err(), MetricError::Taken("a_b"));
}

#[test]
fn counting_is_exact_among_threads_and_a_broken_gauge_spoils_nothing() {
    let metrics = Metrics::new(10, &Clock::system());
    let counter = metrics.counter(REQUESTS, ["kind"]).unwrap();
    let wait = Spec { name: "wait", unit: "", description: "Waiting." };
    let wait = metrics.histogram(wait, [], &[10.0]).unwrap();
    let broken = Spec { name: "broken", unit: "", description: "Broken." };
    metrics.observable_gauge(broken, [], |_| panic!("a reader that panics")).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    counter.add(1, ["a"]);
                    wait.record(0.5, []);
                }
            });
        }
    });
    let text = metrics.render();
    assert!(text.contains("requests_total{kind=\"a\"} 40000\n"), "{text}");
    assert!(text.contains("wait_bucket{le=\"10.0\"} 40000\n"), "{text}");
    assert!(text.contains("wait_sum 20000.0\n"), "{text}");
}
