//! The instruments that code holds and records into.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::family::{Family, Point, Value, labels, other_labels};
use super::spec::{Definition, Kind};
use super::table::{Table, shown};

/// One instrument of the registry, with its values.
pub(super) struct Instrument<C> {
    pub(super) definition: Definition,
    table: Table<C>,
}

impl<C> Instrument<C> {
    pub(super) fn new(
        definition: Definition,
        limit: usize,
        make: impl Fn() -> C + Send + Sync + 'static,
    ) -> Self {
        Self { definition, table: Table::new(limit, make) }
    }

    /// The values now, and how many went to the set for all others.
    pub(super) fn family(&self, read: impl Fn(&C) -> Value) -> (Family, u64) {
        let names = &self.definition.labels;
        let point = |shown: &[String], cell: &C| Point { labels: labels(names, shown), value: read(cell) };
        let series = self.table.series();
        let mut points: Vec<Point> = series.iter().map(|series| point(&series.shown, &series.cell)).collect();
        let mut overflows = 0;
        if let Some((other, times)) = self.table.other() {
            overflows = times;
            points.push(Point { labels: other_labels(), value: read(other) });
        }
        (Family { definition: self.definition.clone(), points }, overflows)
    }
}

impl<C> fmt::Debug for Instrument<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Instrument").field(&self.definition.spec.name).finish()
    }
}

/// Counts what only ever grows. `N` is the number of its labels.
///
/// A clone counts into the same values. An empty label value leaves the label out.
#[derive(Clone, Debug)]
pub struct Counter<const N: usize>(pub(super) Option<Arc<Instrument<AtomicU64>>>);

impl<const N: usize> Counter<N> {
    /// Adds `amount` for the label values, given in the order of the labels' names.
    pub fn add(&self, amount: u64, labels: [&str; N]) {
        if let Some(instrument) = &self.0 {
            instrument.table.with(&labels, |count| count.fetch_add(amount, Ordering::Relaxed));
        }
    }

    /// The count for these label values so far.
    pub fn value(&self, labels: [&str; N]) -> u64 {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        self.0.as_ref().and_then(|instrument| instrument.table.peek(&labels, read)).unwrap_or_default()
    }
}

/// Counts what grows and shrinks, such as requests under way. `N` is the number of its labels.
///
/// A clone counts into the same values. An empty label value leaves the label out.
#[derive(Clone, Debug)]
pub struct UpDownCounter<const N: usize>(pub(super) Option<Arc<Instrument<AtomicI64>>>);

impl<const N: usize> UpDownCounter<N> {
    /// Adds `amount`, which may be negative, for the label values in the order of the labels' names.
    pub fn add(&self, amount: i64, labels: [&str; N]) {
        if let Some(instrument) = &self.0 {
            instrument.table.with(&labels, |level| level.fetch_add(amount, Ordering::Relaxed));
        }
    }
}

/// Counts values by size in fixed buckets. `N` is the number of its labels.
///
/// A clone counts into the same values. An empty label value leaves the label out.
#[derive(Clone, Debug)]
pub struct Histogram<const N: usize>(pub(super) Option<Arc<Instrument<Buckets>>>);

impl<const N: usize> Histogram<N> {
    /// Counts one `value`, in the unit of the instrument, for the label values in the order of the labels' names. What
    /// is no finite number is not counted.
    pub fn record(&self, value: f64, labels: [&str; N]) {
        if let Some(instrument) = self.0.as_ref().filter(|_| value.is_finite())
            && let Kind::Histogram(bounds) = &instrument.definition.kind
        {
            let bucket = bounds.partition_point(|bound| *bound < value);
            instrument.table.with(&labels, |buckets| buckets.count(bucket, value));
        }
    }
}

/// The values of a histogram for one label set.
pub(super) struct Buckets {
    counts: Box<[AtomicU64]>,
    /// Bits of an `f64`.
    sum: AtomicU64,
}

impl Buckets {
    pub(super) fn new(bounds: usize) -> Self {
        let counts = (0..=bounds).map(|_| AtomicU64::new(0)).collect();
        Self { counts, sum: AtomicU64::new(0.0_f64.to_bits()) }
    }

    fn count(&self, bucket: usize, value: f64) {
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let add = |sum: u64| Some((f64::from_bits(sum) + value).to_bits());
        // The closure always returns a value, so the update cannot fail.
        let _ = self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    pub(super) fn read(&self) -> Value {
        Value::Buckets {
            counts: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: f64::from_bits(self.sum.load(Ordering::Relaxed)),
        }
    }
}

/// Takes the readings of a gauge with `N` labels.
pub struct Observer<'a, const N: usize>(pub(super) &'a mut Readings);

impl<const N: usize> Observer<'_, N> {
    /// What the label values, in the order of the labels' names, read now; the last reading of the same values counts.
    pub fn set(&mut self, value: f64, labels: [&str; N]) {
        self.0.set(value, &labels);
    }
}

impl<const N: usize> fmt::Debug for Observer<'_, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Observer").finish_non_exhaustive()
    }
}

/// What a gauge reads at one moment: readings beyond the limit are summed up.
pub(super) struct Readings {
    limit: usize,
    by_values: BTreeMap<Vec<String>, f64>,
    other: f64,
    overflows: u64,
}

impl Readings {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, by_values: BTreeMap::new(), other: 0.0, overflows: 0 }
    }

    fn set(&mut self, value: f64, values: &[&str]) {
        let values: Vec<String> = values.iter().map(|value| shown(value)).collect();
        if self.by_values.len() < self.limit || self.by_values.contains_key(&values) {
            self.by_values.insert(values, value);
        } else {
            self.other += value;
            self.overflows += 1;
        }
    }

    /// The readings, and how many went to the set for all others.
    pub(super) fn family(self, definition: Definition) -> (Family, u64) {
        let point = |(values, reading): (Vec<String>, f64)| Point {
            labels: labels(&definition.labels, &values),
            value: Value::Reading(reading),
        };
        let mut points: Vec<Point> = self.by_values.into_iter().map(point).collect();
        if self.overflows > 0 {
            points.push(Point { labels: other_labels(), value: Value::Reading(self.other) });
        }
        (Family { definition, points }, self.overflows)
    }
}
