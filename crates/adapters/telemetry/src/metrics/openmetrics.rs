//! Writes metrics as OpenMetrics 1.0 text (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::fmt::Write as _;

use super::family::{Family, Point, Value};
use super::spec::{Kind, exposed, exposed_unit};

/// The whole exposition, with its end mark.
pub(super) fn render(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        describe(&mut text, family);
        for point in &family.points {
            write_point(&mut text, family, point);
        }
    }
    text.push_str("# EOF\n");
    text
}

fn describe(text: &mut String, family: &Family) {
    let definition = &family.definition;
    let name = &definition.exposed;
    let kind = match definition.kind {
        Kind::Counter => "counter",
        // Prometheus has no sum that falls: it is a gauge there.
        Kind::UpDownCounter | Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "# TYPE {name} {kind}");
    if let Some(unit) = exposed_unit(definition.spec.unit, &definition.kind) {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
    let _ = writeln!(text, "# HELP {name} {}", escaped(definition.spec.description));
}

fn write_point(text: &mut String, family: &Family, point: &Point) {
    let name = &family.definition.exposed;
    match &point.value {
        Value::Count(count) => sample(text, name, "_total", point, None, &count.to_string()),
        Value::Level(level) => sample(text, name, "", point, None, &level.to_string()),
        Value::Reading(reading) => sample(text, name, "", point, None, &number(*reading)),
        Value::Buckets { counts, sum } => {
            let bounds: &[f64] = match &family.definition.kind {
                Kind::Histogram(bounds) => bounds,
                _ => &[],
            };
            let bounds = bounds.iter().copied().chain([f64::INFINITY]);
            let mut below = 0_u64;
            for (bound, count) in bounds.zip(counts) {
                below = below.saturating_add(*count);
                sample(text, name, "_bucket", point, Some(bound), &below.to_string());
            }
            sample(text, name, "_count", point, None, &below.to_string());
            sample(text, name, "_sum", point, None, &number(*sum));
        }
    }
}

fn sample(text: &mut String, name: &str, suffix: &str, point: &Point, bound: Option<f64>, value: &str) {
    text.push_str(name);
    text.push_str(suffix);
    let labels = point.labels.iter().map(|(name, value)| (exposed(name), escaped(value)));
    let bound = bound.map(|bound| ("le".to_owned(), number(bound)));
    let mut separator = '{';
    for (label, value) in labels.chain(bound) {
        let _ = write!(text, "{separator}{label}=\"{value}\"");
        separator = ',';
    }
    if separator == ',' {
        text.push('}');
    }
    let _ = writeln!(text, " {value}");
}

/// A number as OpenMetrics writes it, with a point or an exponent, so that each bound is always written alike.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{value:?}")
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}
