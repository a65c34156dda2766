//! Turns metrics into the messages of OTLP.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum, metric,
    number_data_point,
};

use super::family::{Family, Point, Value};
use super::spec::Kind;

/// One message for each family. Sums and histograms are cumulative since `started_at`.
pub(super) fn metrics(families: Vec<Family>, started_at: SystemTime, now: SystemTime) -> Vec<Metric> {
    let times = Times { start: nanos(started_at), now: nanos(now) };
    families.into_iter().map(|family| message(family, times)).collect()
}

#[derive(Clone, Copy)]
struct Times {
    start: u64,
    now: u64,
}

fn message(family: Family, times: Times) -> Metric {
    let Family { definition, points } = family;
    let sum = |is_monotonic| {
        move |data_points| {
            metric::Data::Sum(Sum {
                data_points,
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
                is_monotonic,
            })
        }
    };
    let numbers = |points: Vec<Point>| points.into_iter().filter_map(|point| number(point, times)).collect();
    let data = match definition.kind {
        Kind::Counter => sum(true)(numbers(points)),
        Kind::UpDownCounter => sum(false)(numbers(points)),
        Kind::Gauge => metric::Data::Gauge(Gauge { data_points: numbers(points) }),
        Kind::Histogram(bounds) => metric::Data::Histogram(Histogram {
            data_points: points.into_iter().filter_map(|point| buckets(point, &bounds, times)).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        }),
    };
    Metric {
        name: definition.spec.name.to_owned(),
        description: definition.spec.description.to_owned(),
        unit: definition.spec.unit.to_owned(),
        metadata: Vec::new(),
        data: Some(data),
    }
}

fn number(point: Point, times: Times) -> Option<NumberDataPoint> {
    let value = match point.value {
        // A count beyond 2^63 does not come up in the life of a process.
        Value::Count(count) => number_data_point::Value::AsInt(i64::try_from(count).unwrap_or(i64::MAX)),
        Value::Level(level) => number_data_point::Value::AsInt(level),
        Value::Reading(reading) => number_data_point::Value::AsDouble(reading),
        Value::Buckets { .. } => return None,
    };
    Some(NumberDataPoint {
        attributes: attributes(point.labels),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        exemplars: Vec::new(),
        flags: 0,
        value: Some(value),
    })
}

fn buckets(point: Point, bounds: &[f64], times: Times) -> Option<HistogramDataPoint> {
    let Value::Buckets { counts, sum } = point.value else { return None };
    Some(HistogramDataPoint {
        attributes: attributes(point.labels),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        count: counts.iter().sum(),
        sum: Some(sum),
        bucket_counts: counts,
        explicit_bounds: bounds.to_vec(),
        exemplars: Vec::new(),
        flags: 0,
        min: None,
        max: None,
    })
}

fn attributes(labels: Vec<(&'static str, String)>) -> Vec<KeyValue> {
    let attribute = |(name, value): (&'static str, String)| KeyValue {
        key: name.to_owned(),
        value: Some(Any { value: Some(AnyValue::StringValue(value)) }),
        ..KeyValue::default()
    };
    labels.into_iter().map(attribute).collect()
}

/// Nanoseconds since 1970; 0 stands for a time that OTLP cannot carry.
fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}
