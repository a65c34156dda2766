//! Finds what a set of boxes leaves uncovered, column by column.
//!
//! The values of a column are divided at all ends of the rules' intervals. Values that the same rules accept are looked at
//! together: the next column is divided for those rules alone. Where no rule is left, a region is uncovered.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::Sets;
use crate::model::Column;
use crate::scalar::Scalar;
use crate::set::{Cut, Set, Span, segments};

/// How much may still be done.
pub(crate) struct Steps(pub(crate) usize);

impl Steps {
    /// Takes so many steps; nothing when they are used up.
    pub(crate) fn take(&mut self, steps: usize) -> Option<()> {
        let left = self.0.checked_sub(steps);
        self.0 = left.unwrap_or(0);
        left.map(|_| ())
    }
}

/// A region and values in it, one for each column.
pub(crate) type Region = (Vec<Arc<Set>>, Vec<Option<Scalar>>);

/// The look for uncovered regions.
pub(crate) struct Sweep<'t> {
    columns: &'t [Column],
    boxes: &'t [Sets],
    most: usize,
    /// What was found.
    pub(crate) found: Vec<Region>,
}

impl<'t> Sweep<'t> {
    pub(crate) fn new(columns: &'t [Column], boxes: &'t [Sets], most: usize) -> Self {
        Self { columns, boxes, most, found: Vec::new() }
    }

    /// Looks for what these rules leave uncovered of a domain; nothing when the look was cut off.
    pub(crate) fn uncovered(&mut self, domain: &Sets, rules: &[usize], steps: &mut Steps) -> Option<()> {
        self.column(domain, rules, &mut Vec::new(), steps)
    }

    /// Divides the column behind those of the prefix. The depth is that of the columns.
    fn column(
        &mut self,
        domain: &Sets,
        rules: &[usize],
        prefix: &mut Vec<Arc<Set>>,
        steps: &mut Steps,
    ) -> Option<()> {
        if rules.is_empty() {
            return self.keep(domain, prefix);
        }
        let at = prefix.len();
        let Some(own) = domain.get(at) else { return Some(()) };
        steps.take(rules.len() * (domain.len() - at))?;
        if rules.iter().any(|rule| self.covers_rest(*rule, domain, at)) {
            return Some(());
        }
        for (rules, set) in self.divide(own, rules, at, steps)? {
            prefix.push(Arc::new(set));
            let is_whole = self.column(domain, &rules, prefix, steps);
            prefix.pop();
            is_whole?;
        }
        Some(())
    }

    fn covers_rest(&self, rule: usize, domain: &Sets, at: usize) -> bool {
        let sets = self.boxes.get(rule);
        sets.is_some_and(|sets| sets.iter().zip(domain).skip(at).all(|(set, domain)| set.covers(domain)))
    }

    /// The values of a column, by the rules that accept them.
    fn divide(
        &self,
        own: &Set,
        rules: &[usize],
        at: usize,
        steps: &mut Steps,
    ) -> Option<BTreeMap<Vec<usize>, Set>> {
        let sets: Vec<(usize, &Set)> =
            rules.iter().filter_map(|rule| Some((*rule, self.boxes.get(*rule)?.get(at)?.as_ref()))).collect();
        let spans = sets.iter().flat_map(|(_, set)| &set.spans).chain(&own.spans);
        let mut cuts: Vec<Cut> = spans.flat_map(|span| [span.low.clone(), span.high.clone()]).collect();
        cuts.retain(|cut| matches!(cut, Cut::At(..)));
        cuts.sort_unstable();
        cuts.dedup();
        let mut accepted: Vec<Vec<usize>> = vec![Vec::new(); cuts.len() + 1];
        for (rule, set) in &sets {
            for span in &set.spans {
                let range = segments(&cuts, span);
                steps.take(1 + range.end() - range.start())?;
                for list in accepted.get_mut(range).into_iter().flatten() {
                    list.push(*rule);
                }
            }
        }
        let mut groups: BTreeMap<Vec<usize>, Set> = BTreeMap::new();
        let nothing = || Set { null: false, spans: Vec::new() };
        for span in &own.spans {
            for segment in segments(&cuts, span) {
                let low = segment.checked_sub(1).map_or(Some(Cut::Start), |at| cuts.get(at).cloned());
                let high = cuts.get(segment).cloned().unwrap_or(Cut::End);
                let (Some(low), Some(list)) = (low, accepted.get(segment)) else { continue };
                groups.entry(list.clone()).or_insert_with(nothing).append(Span { low, high });
            }
        }
        if own.null {
            let list = sets.iter().filter(|(_, set)| set.null).map(|(rule, _)| *rule).collect();
            groups.entry(list).or_insert_with(nothing).null = true;
        }
        Some(groups)
    }

    /// Keeps an uncovered region, unless there is no value in it after all.
    fn keep(&mut self, domain: &Sets, prefix: &[Arc<Set>]) -> Option<()> {
        let rest = domain.iter().skip(prefix.len()).cloned();
        let region: Vec<Arc<Set>> = prefix.iter().cloned().chain(rest).collect();
        let example: Option<Vec<_>> =
            self.columns.iter().zip(&region).map(|(column, set)| set.example(column.kind)).collect();
        let Some(example) = example else { return Some(()) };
        if self.found.len() >= self.most {
            return None;
        }
        self.found.push((region, example));
        Some(())
    }
}
