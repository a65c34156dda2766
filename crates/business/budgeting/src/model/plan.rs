//! The lines of a budget as a tree, and which of them something uses.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_types::Currency;
use chrono::{Datelike as _, Months, NaiveDate};

use super::budget::{BudgetId, Window};
use super::line::{Control, Line, LineId};

/// A budget as far as it is asked whether something may be spent.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The budget.
    pub(crate) budget: BudgetId,
    /// First day of its year.
    pub(crate) first_day: NaiveDate,
    /// Last day of its year.
    pub(crate) last_day: NaiveDate,
    /// Over which time what is used is held against what there is.
    pub(crate) window: Window,
    /// Currency of its amounts.
    pub(crate) currency: Currency,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

/// First day of the month of a day.
pub(crate) fn month_of(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

/// First days of the months of a fiscal year that starts on this day.
pub(crate) fn months_of_year(first_day: NaiveDate) -> Vec<NaiveDate> {
    (0..12).filter_map(|ahead| first_day.checked_add_months(Months::new(ahead))).collect()
}

impl Plan {
    /// Whether a day is in its year.
    pub(crate) fn covers(&self, date: NaiveDate) -> bool {
        (self.first_day..=self.last_day).contains(&date)
    }

    /// The line with this id.
    pub(crate) fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The line with this key.
    pub(crate) fn by_key(&self, key: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.key == key)
    }

    /// A line and all above it, from below.
    pub(crate) fn chain(&self, id: LineId) -> Vec<&Line> {
        chain(&self.lines, id)
    }

    /// A line and all below it.
    pub(crate) fn subtree(&self, id: LineId) -> BTreeSet<LineId> {
        self.lines
            .iter()
            .map(|line| line.id)
            .filter(|line| self.chain(*line).iter().any(|above| above.id == id))
            .collect()
    }

    /// The lines that something posted to an account uses, which is one or none unless accounts were entered since that are in
    /// two of them.
    pub(crate) fn used_by(
        &self,
        account: &str,
        path: &[String],
        named: &BTreeMap<String, String>,
    ) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.takes(account, path, named)).collect()
    }

    /// As [`to_lock`] of its lines.
    pub(crate) fn to_lock(&self, ids: &BTreeSet<LineId>) -> (Vec<LineId>, Vec<LineId>) {
        to_lock(&self.lines, ids)
    }
}

/// A line and all above it, from below.
fn chain(lines: &[Line], id: LineId) -> Vec<&Line> {
    let mut chain = Vec::new();
    let mut next = lines.iter().find(|line| line.id == id);
    // A tree is no deeper than it has lines.
    while let Some(line) = next.filter(|_| chain.len() < lines.len()) {
        chain.push(line);
        next = line.parent.as_deref().and_then(|parent| lines.iter().find(|line| line.key == parent));
    }
    chain
}

/// Lines and all above them, each once: those that stop before the others, and each kind by id. It is the order in which
/// everybody locks them.
pub(crate) fn to_lock(lines: &[Line], ids: &BTreeSet<LineId>) -> (Vec<LineId>, Vec<LineId>) {
    let chains: BTreeMap<LineId, Control> =
        ids.iter().flat_map(|id| chain(lines, *id)).map(|line| (line.id, line.control)).collect();
    let of = |stops: bool| {
        let kind = chains.iter().filter(|(_, control)| (**control == Control::Stop) == stops);
        kind.map(|(id, _)| *id).collect()
    };
    (of(true), of(false))
}
