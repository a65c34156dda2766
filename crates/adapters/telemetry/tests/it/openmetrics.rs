//! The rendered text, read by a strict parser.

use std::time::Duration;

use athyper_adapter_telemetry::{HttpMetrics, Metrics, OPENMETRICS, PoolState, Spec, observe_pool};
use athyper_kernel_types::Clock;
use proptest::prelude::*;

use crate::parser::{Family, parse};

fn metrics() -> Metrics {
    Metrics::new(4, &Clock::system())
}

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_parser_refuses_what_is_not_openmetrics() {
    let good = "# TYPE a counter\n# HELP a Help.\na_total{x=\"1\"} 2\n# EOF\n";
    assert!(parse(good).is_ok());
    for (from, to) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF"),
        ("a_total{", "a{"),
        ("a_total{", "b_total{"),
        ("} 2", "}2"),
        ("} 2", "} x"),
        ("} 2", "} -2"),
        ("} 2\n", "} 2\na_total{x=\"1\"} 3\n"),
        ("\"1\"", "\"1"),
        ("\"1\"", "\"\\x\""),
        ("{x=\"1\"}", "{x=\"1\",x=\"2\"}"),
        ("{x=\"1\"}", "{1=\"1\"}"),
        ("counter", "sum"),
        ("# HELP a Help.", "# UNIT a seconds"),
        ("# HELP a Help.", ""),
        ("# TYPE a counter\n", ""),
        ("# EOF", "# TYPE a counter\n# EOF"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(parse(&bad).is_err(), "{bad}");
    }
    let histogram =
        "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 3.0\n# EOF\n";
    assert!(parse(histogram).is_ok());
    for (from, to) in [
        ("h_bucket{le=\"+Inf\"} 2\n", ""),
        ("+Inf\"} 2", "+Inf\"} 0"),
        ("h_count 2", "h_count 3"),
        ("h_sum 3.0\n", ""),
        ("le=\"1.0\"", "l=\"1.0\""),
    ] {
        let bad = histogram.replacen(from, to, 1);
        assert!(parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_rendered_reads_back_with_names_units_and_values() {
    let metrics = metrics();
    let http = HttpMetrics::new(&metrics).unwrap();
    http.record("GET", "/v1/{id}", 200, Duration::from_millis(30));
    http.record("GET", "/v1/{id}", 500, Duration::from_mins(1));
    observe_pool(&metrics, "main", || PoolState { used: 1, idle: 2, max: 3 }).unwrap();
    let sent = Spec { name: "sent.size", unit: "By", description: "What was sent,\n\"all\" of it, \\o/." };
    metrics.counter(sent, []).unwrap().add(7, []);
    let never = Spec { name: "never", unit: "", description: "Never used." };
    metrics.counter(never, ["x"]).unwrap();
    let families = parse(&metrics.render()).unwrap();
    assert_eq!(
        families.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "db_client_connection_count",
            "db_client_connection_max",
            "http_server_request_duration_seconds",
            "sent_size_bytes"
        ]
    );
    let sent: &Family = &families["sent_size_bytes"];
    assert_eq!((sent.kind.as_str(), sent.unit.as_deref()), ("counter", Some("bytes")));
    assert_eq!(sent.help.as_deref(), Some("What was sent,\n\"all\" of it, \\o/."));
    assert_eq!((sent.samples[0].suffix.as_str(), sent.samples[0].value), ("_total", 7.0));
    let http = &families["http_server_request_duration_seconds"];
    assert_eq!((http.kind.as_str(), http.unit.as_deref()), ("histogram", Some("seconds")));
    let of = |suffix: &str, pairs: &[(&str, &str)]| {
        let wanted = labels(pairs);
        let found = http.samples.iter().find(|sample| sample.suffix == suffix && sample.labels == wanted);
        found.unwrap_or_else(|| panic!("{suffix} {wanted:?}")).value
    };
    let ok =
        [("http_request_method", "GET"), ("http_route", "/v1/{id}"), ("http_response_status_code", "200")];
    let [method, route, _] = ok;
    let failed = [method, route, ("http_response_status_code", "500"), ("error_type", "500")];
    assert_eq!((of("_count", &ok), of("_sum", &ok)), (1.0, 0.03));
    assert_eq!(of("_bucket", &[&ok[..], &[("le", "0.025")]].concat()), 0.0);
    assert_eq!(of("_bucket", &[&ok[..], &[("le", "0.05")]].concat()), 1.0);
    assert_eq!(of("_bucket", &[&failed[..], &[("le", "10.0")]].concat()), 0.0);
    assert_eq!(of("_bucket", &[&failed[..], &[("le", "+Inf")]].concat()), 1.0);
    let pool = &families["db_client_connection_count"];
    assert_eq!((pool.kind.as_str(), pool.unit.clone(), pool.samples.len()), ("gauge", None, 2));
    assert!(OPENMETRICS.starts_with("application/openmetrics-text; version=1.0.0"));
}

#[test]
fn odd_readings_and_the_set_for_all_others_read_back() {
    let metrics = metrics();
    let spec = Spec { name: "odd", unit: "", description: "Odd." };
    metrics
        .observable_gauge(spec, ["n"], |observer| {
            let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -0.5, 2.0];
            for (n, value) in values.into_iter().enumerate() {
                observer.set(value, [&n.to_string()]);
            }
        })
        .unwrap();
    let families = parse(&metrics.render()).unwrap();
    let values: Vec<f64> = families["odd"].samples.iter().map(|sample| sample.value).collect();
    assert!(values[0].is_nan());
    assert_eq!(values[1..], [f64::INFINITY, f64::NEG_INFINITY, 1e300, 1.5]);
    assert_eq!(families["odd"].samples[4].labels, labels(&[("other", "true")]));
    assert_eq!(families["athyper_telemetry_label_overflows"].samples[0].value, 2.0);
}

proptest! {
    #[test]
    fn any_label_value_reads_back(value in "[^:=@]{1,40}", count in 1_u64..1_000_000) {
        let metrics = metrics();
        let spec = Spec { name: "x", unit: "", description: "X." };
        metrics.counter(spec, ["value"]).unwrap().add(count, [&value]);
        let families = parse(&metrics.render()).unwrap();
        let sample = &families["x"].samples[0];
        prop_assert_eq!(&sample.labels, &labels(&[("value", &value)]));
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let expected = count as f64;
        prop_assert_eq!(sample.value, expected);
    }
}
