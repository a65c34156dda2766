//! Finds the rules of a large table that may apply, without looking at all of them.
//!
//! Each of the first columns is divided into at most [`MAX_BUCKETS`] ranges of values. For each range there is a row of
//! bits, one for each rule that accepts a value in it. The rows of the ranges that the values of a request lie in are
//! joined by *and*: what is left is looked at rule by rule.

use std::sync::Arc;

use crate::model::CompiledRule;
use crate::scalar::Scalar;
use crate::set::{Cut, Set, Span, segment_of, segments};

/// Ranges of a column.
const MAX_BUCKETS: usize = 256;
/// Columns that have one.
const MAX_INDEXED: usize = 8;
/// Tables of fewer rules are looked at rule by rule.
const MIN_RULES: usize = 64;
/// Bits of a word.
const WORD: usize = 64;

/// The index of a table.
#[derive(Debug)]
pub(crate) struct Index {
    /// For each of the first columns its index; none where no rule asks anything of it.
    columns: Vec<Option<ColumnIndex>>,
    rules: usize,
}

#[derive(Debug)]
struct ColumnIndex {
    /// Where one range ends and the next begins.
    cuts: Vec<Cut>,
    /// A row of bits for each range, and the last one for null.
    buckets: Vec<Box<[u64]>>,
}

impl Index {
    /// The index of these rules; none where they are few.
    pub(crate) fn of(rules: &[CompiledRule], columns: usize) -> Option<Self> {
        if rules.len() < MIN_RULES {
            return None;
        }
        let columns = (0..columns.min(MAX_INDEXED)).map(|column| ColumnIndex::of(rules, column)).collect();
        Some(Self { columns, rules: rules.len() })
    }

    /// The places of rules that may apply to these values, in order. Every rule that applies is among them.
    pub(crate) fn candidates<'i>(&'i self, values: &'i [Option<Scalar>]) -> impl Iterator<Item = usize> + 'i {
        let asked =
            self.columns.iter().zip(values).filter_map(|(column, value)| Some((column.as_ref()?, value)));
        let rows: Vec<&[u64]> = asked.filter_map(|(column, value)| column.row(value.as_ref())).collect();
        let words = self.rules.div_ceil(WORD);
        let places = (0..words).flat_map(move |word| {
            let all =
                rows.iter().fold(u64::MAX, |bits, row| bits & row.get(word).copied().unwrap_or(u64::MAX));
            Bits(all).map(move |bit| word * WORD + bit)
        });
        places.take_while(|place| *place < self.rules)
    }
}

impl Index {
    /// The places of rules that may accept something that these conditions accept, in order.
    pub(crate) fn meeting(&self, when: &[Option<Arc<Set>>]) -> Vec<usize> {
        let mut all = vec![u64::MAX; self.rules.div_ceil(WORD)];
        for (column, set) in self.columns.iter().zip(when) {
            let (Some(column), Some(set)) = (column, set) else { continue };
            let wide = |span: &Span| segments(&column.cuts, span).count() > MAX_BUCKETS / 4;
            if set.spans.iter().any(wide) {
                // Nearly all rules meet it: that costs more to find out than it saves.
                continue;
            }
            let mut some = vec![0_u64; all.len()];
            let mut add = |bucket: usize| {
                for (bits, row) in
                    some.iter_mut().zip(column.buckets.get(bucket).into_iter().flat_map(|row| row.iter()))
                {
                    *bits |= row;
                }
            };
            set.spans.iter().flat_map(|span| segments(&column.cuts, span)).for_each(&mut add);
            if set.null {
                add(column.cuts.len() + 1);
            }
            for (bits, some) in all.iter_mut().zip(&some) {
                *bits &= some;
            }
        }
        let places =
            all.iter().enumerate().flat_map(|(word, bits)| Bits(*bits).map(move |bit| word * WORD + bit));
        places.take_while(|place| *place < self.rules).collect()
    }
}

impl ColumnIndex {
    /// The index of one column; none where no rule asks anything of it.
    fn of(rules: &[CompiledRule], column: usize) -> Option<Self> {
        let sets = || rules.iter().map(move |rule| rule.when.get(column).and_then(Option::as_deref));
        let spans = sets().flatten().flat_map(|set| &set.spans);
        let mut cuts: Vec<Cut> = spans.flat_map(|span| [span.low.clone(), span.high.clone()]).collect();
        cuts.retain(|cut| matches!(cut, Cut::At(..)));
        cuts.sort_unstable();
        cuts.dedup();
        if sets().all(|set| set.is_none()) {
            return None;
        }
        let step = cuts.len().div_ceil(MAX_BUCKETS).max(1);
        let cuts: Vec<Cut> = cuts.into_iter().step_by(step).collect();
        let words = rules.len().div_ceil(WORD);
        let mut buckets = vec![vec![0_u64; words].into_boxed_slice(); cuts.len() + 2];
        let null = cuts.len() + 1;
        for (rule, set) in sets().enumerate() {
            let mut mark = |bucket: usize| {
                if let Some(word) = buckets.get_mut(bucket).and_then(|row| row.get_mut(rule / WORD)) {
                    *word |= 1 << (rule % WORD);
                }
            };
            match set {
                None => (0..=null).for_each(&mut mark),
                Some(set) => {
                    set.spans.iter().flat_map(|span| segments(&cuts, span)).for_each(&mut mark);
                    if set.null {
                        mark(null);
                    }
                }
            }
        }
        Some(Self { cuts, buckets })
    }

    fn row(&self, value: Option<&Scalar>) -> Option<&[u64]> {
        let bucket = value.map_or(self.cuts.len() + 1, |value| segment_of(&self.cuts, value));
        self.buckets.get(bucket).map(AsRef::as_ref)
    }
}

/// The places of the bits that are set.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let at = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(at)
    }
}
