//! All values of one instrument at one moment, as both exports take them.

use super::spec::Definition;

/// One instrument with its values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Family {
    pub(super) definition: Definition,
    /// Ordered by label values, the set for all others last.
    pub(super) points: Vec<Point>,
}

/// The value of one label set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    /// Names and values in the order of the definition; a label with an empty value is left out.
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Of a counter: since the start of the process.
    Count(u64),
    /// Of an up-down counter.
    Level(i64),
    /// Of a gauge.
    Reading(f64),
    /// Of a histogram: values by bucket, one more than the bounds, and the sum of all.
    Buckets { counts: Vec<u64>, sum: f64 },
}

/// Label of the set that takes the values of all sets beyond the limit; its value is `true`.
pub(super) const OTHER: &str = "other";

/// The labels of one set.
pub(super) fn labels(names: &[&'static str], values: &[String]) -> Vec<(&'static str, String)> {
    let pairs = names.iter().copied().zip(values.iter().cloned());
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

/// The labels of the set for all others.
pub(super) fn other_labels() -> Vec<(&'static str, String)> {
    vec![(OTHER, "true".to_owned())]
}
