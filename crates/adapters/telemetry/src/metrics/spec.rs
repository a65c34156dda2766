//! What an instrument is called and measures, and the rules for its names.

use super::family::OTHER;

/// Name, unit and description of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Name by the OpenTelemetry semantic conventions, such as `http.server.request.duration`.
    pub name: &'static str,
    /// Unit by UCUM: `s`, `By`, `1`, or what is counted in braces, `{job}`.
    pub unit: &'static str,
    /// One line without a line break.
    pub description: &'static str,
}

/// Why an instrument is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// The name of an instrument or label breaks the rules of OpenTelemetry.
    #[error(
        "`{0}` cannot name a metric or label: start with a letter, go on with letters, digits, `_`, `.`, `-` or `/`, and stay below 256"
    )]
    Name(String),
    /// A label has a name that the exports use themselves, or that stands twice.
    #[error("the label `{label}` of `{name}` is reserved or there twice: give it another name")]
    Label {
        /// Name of the instrument.
        name: &'static str,
        /// Name of the label.
        label: &'static str,
    },
    /// Bounds of a histogram that do not rise, or are no numbers.
    #[error("the bounds of `{0}` must be finite numbers that rise")]
    Bounds(&'static str),
    /// Another instrument has this name, or one that OpenMetrics writes alike.
    #[error("`{0}` is already the name of an instrument with another definition: name each thing once")]
    Taken(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Counter,
    UpDownCounter,
    Gauge,
    /// With the upper bounds of its buckets, each included; above the last is one bucket more.
    Histogram(Vec<f64>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) spec: Spec,
    pub(super) kind: Kind,
    pub(super) labels: Vec<&'static str>,
    /// The name in OpenMetrics, without the suffixes of samples.
    pub(super) exposed: String,
}

impl Definition {
    pub(super) fn new(spec: Spec, kind: Kind, labels: &[&'static str]) -> Result<Self, MetricError> {
        for name in labels.iter().chain([&spec.name]) {
            if !is_name(name) {
                return Err(MetricError::Name((*name).to_owned()));
            }
        }
        let mut exposed_labels: Vec<String> = vec!["le".to_owned(), OTHER.to_owned()];
        for label in labels {
            let exposed = exposed(label);
            if exposed_labels.contains(&exposed) || exposed.starts_with("__") {
                return Err(MetricError::Label { name: spec.name, label });
            }
            exposed_labels.push(exposed);
        }
        if let Kind::Histogram(bounds) = &kind {
            let rise = bounds.windows(2).all(|pair| pair.first() < pair.last());
            if !rise || bounds.iter().any(|bound| !bound.is_finite()) {
                return Err(MetricError::Bounds(spec.name));
            }
        }
        let exposed = exposed_family(spec, &kind);
        Ok(Self { spec, kind, labels: labels.to_vec(), exposed })
    }
}

/// The instrument name syntax of the OpenTelemetry metrics API, used for labels too.
fn is_name(name: &str) -> bool {
    name.len() < 256
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/'))
}

/// A name as OpenMetrics allows it.
pub(super) fn exposed(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// The family name by the OpenTelemetry specification "Prometheus and OpenMetrics Compatibility": the unit is a suffix,
/// and a counter is `<family>_total`.
fn exposed_family(spec: Spec, kind: &Kind) -> String {
    let mut name = exposed(spec.name);
    if *kind == Kind::Counter {
        name.truncate(name.strip_suffix("_total").unwrap_or(&name).len());
    }
    if let Some(unit) = exposed_unit(spec.unit, kind)
        && !name.ends_with(&format!("_{unit}"))
    {
        name = format!("{name}_{unit}");
    }
    name
}

/// The word for a unit; nothing for what is only counted.
pub(super) fn exposed_unit(unit: &str, kind: &Kind) -> Option<String> {
    match unit {
        "" => None,
        "1" => (*kind == Kind::Gauge).then(|| "ratio".to_owned()),
        "s" => Some("seconds".to_owned()),
        "ms" => Some("milliseconds".to_owned()),
        "By" => Some("bytes".to_owned()),
        annotation if annotation.starts_with('{') => None,
        other => Some(exposed(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &'static str, unit: &'static str) -> Spec {
        Spec { name, unit, description: "A thing." }
    }

    fn exposed_as(name: &'static str, unit: &'static str, kind: Kind) -> String {
        Definition::new(spec(name, unit), kind, &[]).unwrap().exposed
    }

    #[test]
    fn a_name_takes_its_unit_along_once() {
        let histogram = || Kind::Histogram(vec![1.0]);
        assert_eq!(
            exposed_as("http.server.request.duration", "s", histogram()),
            "http_server_request_duration_seconds"
        );
        assert_eq!(exposed_as("wait_seconds", "s", histogram()), "wait_seconds");
        assert_eq!(exposed_as("job.total", "{job}", Kind::Counter), "job");
        assert_eq!(exposed_as("sent", "By", Kind::Counter), "sent_bytes");
        assert_eq!(exposed_as("fill", "1", Kind::Gauge), "fill_ratio");
        assert_eq!(exposed_as("fill", "1", Kind::UpDownCounter), "fill");
        assert_eq!(
            exposed_as("db.client.connection.count", "{connection}", Kind::Gauge),
            "db_client_connection_count"
        );
    }

    #[test]
    fn names_that_an_export_cannot_carry_are_refused() {
        for name in ["", "1a", "_a", "a b", "ä", "a\"b"] {
            assert_eq!(
                Definition::new(spec(name, ""), Kind::Gauge, &[]),
                Err(MetricError::Name(name.to_owned()))
            );
        }
        for labels in [&["le"][..], &["other"], &["a", "a"], &["a.b", "a_b"]] {
            let refused = Definition::new(spec("x", ""), Kind::Gauge, labels);
            assert!(matches!(refused, Err(MetricError::Label { name: "x", .. })), "{labels:?}");
        }
        for bounds in [vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN], vec![1.0, f64::INFINITY]] {
            let refused = Definition::new(spec("x", ""), Kind::Histogram(bounds), &[]);
            assert_eq!(refused, Err(MetricError::Bounds("x")));
        }
    }
}
