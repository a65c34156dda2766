//! The values of one instrument by label set: read without a lock, and bounded in number.

use std::cmp::Ordering as Order;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use athyper_kernel_telemetry::redact_text;

/// Longest label value in bytes; what is cut off is marked by `…`.
const MAX_VALUE_BYTES: usize = 256;

/// Cells of type `C`, one for each set of label values, and one for all sets beyond the limit.
///
/// A known set is found by a binary search in a table that is never changed but replaced, so that recording takes no
/// lock. A new set copies the table; there are at most `limit` of those copies.
pub(super) struct Table<C> {
    sets: ArcSwap<Vec<Arc<Series<C>>>>,
    insert: Mutex<()>,
    limit: usize,
    make: Box<dyn Fn() -> C + Send + Sync>,
    other: C,
    /// How often [`Table::other`] was used.
    overflows: AtomicU64,
}

/// One set of label values with its cell.
pub(super) struct Series<C> {
    key: Box<[String]>,
    /// The values as they are shown: without secrets, and bounded.
    pub(super) shown: Box<[String]>,
    pub(super) cell: C,
}

impl<C> Table<C> {
    pub(super) fn new(limit: usize, make: impl Fn() -> C + Send + Sync + 'static) -> Self {
        Self {
            sets: ArcSwap::default(),
            insert: Mutex::new(()),
            limit,
            other: make(),
            make: Box::new(make),
            overflows: AtomicU64::new(0),
        }
    }

    /// Gives the cell of these values to `work`, or the cell for all others when there are too many.
    pub(super) fn with<R>(&self, values: &[&str], work: impl FnOnce(&C) -> R) -> R {
        if let Ok(series) = search(&self.sets.load(), values) {
            return work(&series.cell);
        }
        if let Some(series) = self.add(values) {
            return work(&series.cell);
        }
        self.overflows.fetch_add(1, Ordering::Relaxed);
        work(&self.other)
    }

    /// Gives the cell of these values to `work`, if it exists.
    pub(super) fn peek<R>(&self, values: &[&str], work: impl FnOnce(&C) -> R) -> Option<R> {
        search(&self.sets.load(), values).ok().map(|series| work(&series.cell))
    }

    fn add(&self, values: &[&str]) -> Option<Arc<Series<C>>> {
        // Full is the lasting state of an instrument that overflows: it is seen without the lock. The set may have been
        // the last to come in since the first look.
        let known = self.sets.load();
        if known.len() >= self.limit {
            return search(&known, values).ok();
        }
        let _one_at_a_time = self.insert.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.sets.load_full();
        let place = match search(&known, values) {
            Ok(series) => return Some(series),
            Err(place) => place,
        };
        if known.len() >= self.limit {
            return None;
        }
        let series = Arc::new(Series {
            key: values.iter().map(|value| (*value).to_owned()).collect(),
            shown: values.iter().map(|value| shown(value)).collect(),
            cell: (self.make)(),
        });
        let mut more = Vec::with_capacity(known.len() + 1);
        more.extend(known.iter().take(place).cloned());
        more.push(Arc::clone(&series));
        more.extend(known.iter().skip(place).cloned());
        self.sets.store(Arc::new(more));
        Some(series)
    }

    /// All sets, ordered by their values.
    pub(super) fn series(&self) -> Arc<Vec<Arc<Series<C>>>> {
        self.sets.load_full()
    }

    /// The cell for the sets beyond the limit, if it was ever used, and how often.
    pub(super) fn other(&self) -> Option<(&C, u64)> {
        let overflows = self.overflows.load(Ordering::Relaxed);
        (overflows > 0).then_some((&self.other, overflows))
    }
}

fn search<C>(sets: &[Arc<Series<C>>], values: &[&str]) -> Result<Arc<Series<C>>, usize> {
    let place = sets.binary_search_by(|series| compare(&series.key, values))?;
    sets.get(place).cloned().ok_or(place)
}

fn compare(key: &[String], values: &[&str]) -> Order {
    key.iter().map(String::as_str).cmp(values.iter().copied())
}

/// A label value as it may leave the process.
pub(super) fn shown(value: &str) -> String {
    let mut text = redact_text(value).into_owned();
    if text.len() > MAX_VALUE_BYTES {
        text.truncate(text.floor_char_boundary(MAX_VALUE_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn add(table: &Table<AtomicU64>, values: &[&str]) {
        table.with(values, |cell| cell.fetch_add(1, Ordering::Relaxed));
    }

    #[test]
    fn sets_beyond_the_limit_share_one_cell_and_are_counted() {
        let table = Table::new(2, AtomicU64::default);
        assert!(table.other().is_none());
        for value in ["b", "a", "c", "d", "a", "c"] {
            add(&table, &[value]);
        }
        let series = table.series();
        let found: Vec<_> =
            series.iter().map(|s| (s.shown[0].as_str(), s.cell.load(Ordering::Relaxed))).collect();
        assert_eq!(found, [("a", 2), ("b", 1)]);
        // As when another thread was faster: the set came in last, after the first look had missed it.
        assert!(table.add(&["a"]).is_some());
        let (other, overflows) = table.other().unwrap();
        assert_eq!((other.load(Ordering::Relaxed), overflows), (3, 3));
    }

    #[test]
    fn nothing_is_lost_when_threads_add_the_same_sets_at_once() {
        for _ in 0..200 {
            let table = Table::new(16, AtomicU64::default);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for n in 0..32 {
                            add(&table, &["x", &(n % 16).to_string()]);
                        }
                    });
                }
            });
            let counts: Vec<u64> =
                table.series().iter().map(|series| series.cell.load(Ordering::Relaxed)).collect();
            assert_eq!(counts, [8; 16]);
            assert!(table.other().is_none());
        }
    }

    #[test]
    fn a_value_is_shown_without_secrets_and_bounded() {
        assert_eq!(shown("postgres://me:pass@host"), "postgres://me:[redacted]@host");
        assert_eq!(shown(&"ä".repeat(200)), format!("{}…", "ä".repeat(128)));
        let table = Table::new(2, AtomicU64::default);
        add(&table, &["token=abc"]);
        add(&table, &["token=abc"]);
        assert_eq!(table.series()[0].shown[0], "token=[redacted]");
        assert_eq!(table.series()[0].cell.load(Ordering::Relaxed), 2);
    }
}
