//! The registry of instruments: what is recorded in the process, and what both exports read.

mod family;
mod instrument;
mod openmetrics;
mod otlp;
mod spec;
mod table;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use athyper_kernel_types::Clock;
use opentelemetry_proto::tonic::metrics::v1::Metric;

use family::{Family, Point, Value, labels};
use instrument::{Buckets, Instrument, Readings};
use spec::{Definition, Kind};

pub use instrument::{Counter, Histogram, Observer, UpDownCounter};
pub use spec::{MetricError, Spec};

/// The media type of what [`Metrics::render`] writes.
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counts the values that went to the label set `other="true"`.
const OVERFLOWS: Spec = Spec {
    name: "athyper.telemetry.label_overflows",
    unit: "{value}",
    description: "Values recorded for label sets beyond the limit of their instrument.",
};

/// Makes instruments and reads them. A clone is the same registry.
///
/// Recording takes no lock once a label set is known. Each instrument keeps at most as many label sets as the limit
/// says; what is recorded for further sets goes to the one set `other="true"` and is counted in
/// `athyper.telemetry.label_overflows`. The limit bounds memory; it is no licence for labels without end: no ids,
/// no raw paths, and a tenant only where the tenants are few and known.
#[derive(Clone)]
pub struct Metrics(Option<Arc<Registry>>);

struct Registry {
    limit: usize,
    started_at: SystemTime,
    /// By name in OpenMetrics, so that no two instruments are written alike.
    instruments: Mutex<BTreeMap<String, Registered>>,
}

type Reader = Arc<dyn Fn(&mut Readings) + Send + Sync>;

#[derive(Clone)]
enum Registered {
    Counter(Arc<Instrument<AtomicU64>>),
    UpDownCounter(Arc<Instrument<AtomicI64>>),
    Histogram(Arc<Instrument<Buckets>>),
    Gauge(Definition, Vec<Reader>),
}

impl Metrics {
    /// A registry whose instruments keep at most `label_sets` sets of labels each.
    #[must_use]
    pub fn new(label_sets: usize, clock: &Clock) -> Self {
        Self(Some(Arc::new(Registry {
            limit: label_sets,
            started_at: clock.now().into(),
            instruments: Mutex::default(),
        })))
    }

    /// A registry whose instruments do nothing.
    #[must_use]
    pub fn disabled() -> Self {
        Self(None)
    }

    /// An instrument that counts what only ever grows. The same definition gives the same instrument.
    ///
    /// # Errors
    ///
    /// [`MetricError`] when the name or a label is not valid, or the name is taken by another definition.
    pub fn counter<const N: usize>(
        &self,
        spec: Spec,
        labels: [&'static str; N],
    ) -> Result<Counter<N>, MetricError> {
        let Some(registry) = &self.0 else { return Ok(Counter(None)) };
        let definition = Definition::new(spec, Kind::Counter, &labels)?;
        let limit = registry.limit;
        let instrument = registry.find_or_add(definition, |definition| {
            Registered::Counter(Arc::new(Instrument::new(definition, limit, AtomicU64::default)))
        })?;
        match instrument {
            Registered::Counter(instrument) => Ok(Counter(Some(instrument))),
            _ => Err(MetricError::Taken(spec.name)),
        }
    }

    /// An instrument that counts what grows and shrinks. The same definition gives the same instrument.
    ///
    /// # Errors
    ///
    /// See [`Metrics::counter`].
    pub fn up_down_counter<const N: usize>(
        &self,
        spec: Spec,
        labels: [&'static str; N],
    ) -> Result<UpDownCounter<N>, MetricError> {
        let Some(registry) = &self.0 else { return Ok(UpDownCounter(None)) };
        let definition = Definition::new(spec, Kind::UpDownCounter, &labels)?;
        let limit = registry.limit;
        let instrument = registry.find_or_add(definition, |definition| {
            Registered::UpDownCounter(Arc::new(Instrument::new(definition, limit, AtomicI64::default)))
        })?;
        match instrument {
            Registered::UpDownCounter(instrument) => Ok(UpDownCounter(Some(instrument))),
            _ => Err(MetricError::Taken(spec.name)),
        }
    }

    /// An instrument that counts values by size, in buckets up to and including each of `bounds` and one above the last.
    /// The same definition gives the same instrument.
    ///
    /// # Errors
    ///
    /// See [`Metrics::counter`]; [`MetricError::Bounds`] when the bounds do not rise.
    pub fn histogram<const N: usize>(
        &self,
        spec: Spec,
        labels: [&'static str; N],
        bounds: &[f64],
    ) -> Result<Histogram<N>, MetricError> {
        let Some(registry) = &self.0 else { return Ok(Histogram(None)) };
        let definition = Definition::new(spec, Kind::Histogram(bounds.to_vec()), &labels)?;
        let (limit, size) = (registry.limit, bounds.len());
        let instrument = registry.find_or_add(definition, |definition| {
            Registered::Histogram(Arc::new(Instrument::new(definition, limit, move || Buckets::new(size))))
        })?;
        match instrument {
            Registered::Histogram(instrument) => Ok(Histogram(Some(instrument))),
            _ => Err(MetricError::Taken(spec.name)),
        }
    }

    /// A gauge that is read by `read` whenever the metrics are exported or rendered. `read` must be quick and wait for
    /// nothing: it may only look at what is in memory. Several readers may fill one gauge. A reader that panics reads
    /// nothing.
    ///
    /// # Errors
    ///
    /// See [`Metrics::counter`].
    pub fn observable_gauge<const N: usize>(
        &self,
        spec: Spec,
        labels: [&'static str; N],
        read: impl Fn(&mut Observer<'_, N>) + Send + Sync + 'static,
    ) -> Result<(), MetricError> {
        let Some(registry) = &self.0 else { return Ok(()) };
        let definition = Definition::new(spec, Kind::Gauge, &labels)?;
        let read: Reader = Arc::new(move |readings| read(&mut Observer(readings)));
        registry.add_reader(definition, read)
    }

    /// All metrics in OpenMetrics 1.0 text ([`OPENMETRICS`]), which Prometheus scrapes.
    pub fn render(&self) -> String {
        openmetrics::render(&self.families())
    }

    /// All metrics for OTLP, cumulative since the registry was made, and the number of their values.
    pub(crate) fn export(&self, now: SystemTime) -> (usize, Vec<Metric>) {
        let started_at = self.0.as_ref().map_or(now, |registry| registry.started_at);
        let families = self.families();
        let count = families.iter().map(|family| family.points.len()).sum();
        (count, otlp::metrics(families, started_at, now))
    }

    /// Every instrument that has values.
    fn families(&self) -> Vec<Family> {
        let Some(registry) = &self.0 else { return Vec::new() };
        // A reader may itself make an instrument: it runs without the lock.
        let instruments: Vec<Registered> = registry.lock().values().cloned().collect();
        let mut families = Vec::with_capacity(instruments.len() + 1);
        let mut overflows = Vec::new();
        for instrument in instruments {
            let (family, times) = instrument.family(registry.limit);
            if times > 0 {
                overflows.push((family.definition.spec.name, times));
            }
            families.push(family);
        }
        families.extend(overflow_family(&overflows));
        families.retain(|family| !family.points.is_empty());
        families
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map(|registry| registry.lock().len());
        formatter.debug_struct("Metrics").field("instruments", &count).finish()
    }
}

impl Registry {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Registered>> {
        self.instruments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instrument of this definition, made when there is none.
    fn find_or_add(
        &self,
        definition: Definition,
        make: impl FnOnce(Definition) -> Registered,
    ) -> Result<Registered, MetricError> {
        match self.lock().entry(definition.exposed.clone()) {
            Entry::Vacant(free) => Ok(free.insert(make(definition)).clone()),
            Entry::Occupied(taken) if *taken.get().definition() == definition => Ok(taken.get().clone()),
            Entry::Occupied(_) => Err(MetricError::Taken(definition.spec.name)),
        }
    }

    fn add_reader(&self, definition: Definition, read: Reader) -> Result<(), MetricError> {
        let name = definition.spec.name;
        match self.lock().entry(definition.exposed.clone()) {
            Entry::Vacant(free) => {
                free.insert(Registered::Gauge(definition, vec![read]));
                Ok(())
            }
            Entry::Occupied(mut taken) => match taken.get_mut() {
                Registered::Gauge(known, readers) if *known == definition => {
                    readers.push(read);
                    Ok(())
                }
                _ => Err(MetricError::Taken(name)),
            },
        }
    }
}

impl Registered {
    fn definition(&self) -> &Definition {
        match self {
            Self::Counter(instrument) => &instrument.definition,
            Self::UpDownCounter(instrument) => &instrument.definition,
            Self::Histogram(instrument) => &instrument.definition,
            Self::Gauge(definition, _) => definition,
        }
    }

    /// The values now, and how many went to the set for all others.
    fn family(&self, limit: usize) -> (Family, u64) {
        match self {
            Self::Counter(instrument) => {
                instrument.family(|count| Value::Count(count.load(Ordering::Relaxed)))
            }
            Self::UpDownCounter(instrument) => {
                instrument.family(|level| Value::Level(level.load(Ordering::Relaxed)))
            }
            Self::Histogram(instrument) => instrument.family(Buckets::read),
            Self::Gauge(definition, readers) => {
                let mut readings = Readings::new(limit);
                for read in readers {
                    // The panic hook has told of it; the other metrics are worth more than this one's end.
                    let _ = catch_unwind(AssertUnwindSafe(|| read(&mut readings)));
                }
                readings.family(definition.clone())
            }
        }
    }
}

/// How many values went to the set for all others, by instrument.
fn overflow_family(overflows: &[(&'static str, u64)]) -> Option<Family> {
    let definition = Definition::new(OVERFLOWS, Kind::Counter, &["instrument"]).ok()?;
    let point = |(name, times): &(&'static str, u64)| Point {
        labels: labels(&definition.labels, &[(*name).to_owned()]),
        value: Value::Count(*times),
    };
    let points = overflows.iter().map(point).collect();
    Some(Family { definition, points })
}
