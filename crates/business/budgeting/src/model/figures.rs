//! What a line has, what is set aside and what was spent, and whether more may be.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::budget::Window;
use super::line::{Control, Line, LineId};
use super::plan::Plan;

/// The amounts of a line over some time, in base currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// What was approved, with all transfers.
    pub(crate) budget: Decimal,
    /// What is reserved.
    pub(crate) reserved: Decimal,
    /// What is committed.
    pub(crate) committed: Decimal,
    /// What was consumed and the ledger does not show.
    pub(crate) consumed: Decimal,
    /// What was posted, on the side of the line.
    pub(crate) actual: Decimal,
}

impl Figures {
    /// What is set aside or spent.
    pub(crate) fn used(&self) -> Decimal {
        self.reserved + self.committed + self.consumed + self.actual
    }

    /// What is left, below zero where too much is used.
    pub(crate) fn available(&self) -> Decimal {
        self.budget - self.used()
    }

    /// The sum of both.
    pub(crate) fn add(&mut self, other: &Self) {
        self.budget += other.budget;
        self.reserved += other.reserved;
        self.committed += other.committed;
        self.consumed += other.consumed;
        self.actual += other.actual;
    }
}

/// Figures by line and first day of the month.
pub(crate) type Sheet = BTreeMap<(LineId, NaiveDate), Figures>;

/// What lines sum up to in a month, or in all months where none is named.
pub(crate) fn sum(sheet: &Sheet, lines: &BTreeSet<LineId>, month: Option<NaiveDate>) -> Figures {
    let mut total = Figures::default();
    for ((line, of), figures) in sheet {
        if lines.contains(line) && month.is_none_or(|month| month == *of) {
            total.add(figures);
        }
    }
    total
}

/// Something that uses a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Use {
    /// The line.
    pub(crate) line: LineId,
    /// First day of the month.
    pub(crate) month: NaiveDate,
    /// How much more is used, below zero for less.
    pub(crate) amount: Decimal,
}

/// A line that is used beyond what it has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Overrun {
    /// The line, which may stand above the one that is used.
    pub(crate) line: LineId,
    /// Its key.
    pub(crate) key: String,
    /// Whether it may not be.
    pub(crate) is_refused: bool,
    /// What there was left before, with what is tolerated.
    pub(crate) available: Decimal,
    /// By how much it is exceeded.
    pub(crate) excess: Decimal,
    /// Positions of the uses that do it.
    pub(crate) by: Vec<usize>,
}

/// The lines with a control that these uses count on, each once.
pub(crate) fn controlled<'p>(plan: &'p Plan, uses: &[Use]) -> Vec<&'p Line> {
    let mut found: BTreeMap<LineId, &Line> = BTreeMap::new();
    for used in uses {
        let chain = plan.chain(used.line).into_iter().filter(|line| line.control != Control::None);
        found.extend(chain.map(|line| (line.id, line)));
    }
    found.into_values().collect()
}

/// What may be spent on a line: its budget and what is tolerated of it, cut to whole minor units.
pub(crate) fn limit(plan: &Plan, line: &Line, budget: Decimal) -> Decimal {
    let tolerated = budget.max(Decimal::ZERO) * line.tolerance_percent / Decimal::ONE_HUNDRED;
    budget + tolerated.round_dp_with_strategy(plan.currency.minor_units(), RoundingStrategy::ToZero)
}

/// Where these uses go beyond what lines have. `sheet` has the figures of all lines below those with a control; `is_in_sheet` says
/// whether the uses are in it already. What uses less of a line is never held up by it.
pub(crate) fn overruns(plan: &Plan, sheet: &Sheet, uses: &[Use], is_in_sheet: bool) -> Vec<Overrun> {
    let mut found = Vec::new();
    for line in controlled(plan, uses) {
        let subtree = plan.subtree(line.id);
        let mut by_scope: BTreeMap<Option<NaiveDate>, Vec<usize>> = BTreeMap::new();
        for (position, used) in uses.iter().enumerate().filter(|(_, used)| subtree.contains(&used.line)) {
            let scope = (plan.window == Window::Month).then_some(used.month);
            by_scope.entry(scope).or_default().push(position);
        }
        for (scope, by) in by_scope {
            let amount: Decimal =
                by.iter().filter_map(|place| uses.get(*place)).map(|used| used.amount).sum();
            let figures = sum(sheet, &subtree, scope);
            let before = if is_in_sheet { figures.used() - amount } else { figures.used() };
            let limit = limit(plan, line, figures.budget);
            if amount > Decimal::ZERO && before + amount > limit {
                found.push(Overrun {
                    line: line.id,
                    key: line.key.clone(),
                    is_refused: line.control == Control::Stop,
                    available: limit - before,
                    excess: before + amount - limit,
                    by,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::{Currency, Id};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::line::Side;
    use super::*;

    fn line(number: u128, key: &str, parent: Option<&str>, control: Control, tolerance: &str) -> Line {
        Line {
            id: Id::from_uuid(Uuid::from_u128(number)),
            key: key.to_owned(),
            label: key.to_owned(),
            parent: parent.map(str::to_owned),
            accounts: None,
            dimensions: BTreeMap::new(),
            side: Side::Debit,
            control,
            tolerance_percent: tolerance.parse().unwrap(),
        }
    }

    fn plan(lines: Vec<Line>) -> Plan {
        Plan {
            budget: Id::nil(),
            first_day: "2025-01-01".parse().unwrap(),
            last_day: "2025-12-31".parse().unwrap(),
            window: Window::Year,
            currency: Currency::parse("EUR").unwrap(),
            lines,
        }
    }

    fn month(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, number, 1).unwrap()
    }

    fn of(budget: i64, committed: i64, actual: i64) -> Figures {
        Figures {
            budget: budget.into(),
            committed: committed.into(),
            actual: actual.into(),
            ..Figures::default()
        }
    }

    fn used(number: u128, amount: i64) -> Use {
        Use { line: Id::from_uuid(Uuid::from_u128(number)), month: month(1), amount: amount.into() }
    }

    #[test]
    fn a_line_has_what_was_approved_less_what_is_set_aside_and_spent() {
        // 1000 approved, 300 committed, 450 posted: 250 are left, and 250 is the last amount that goes through.
        let plan = plan(vec![line(1, "a", None, Control::Stop, "0")]);
        let sheet = Sheet::from([((plan.lines[0].id, month(1)), of(1000, 300, 450))]);
        assert_eq!(sum(&sheet, &plan.subtree(plan.lines[0].id), None).available(), Decimal::from(250));
        assert!(overruns(&plan, &sheet, &[used(1, 250)], false).is_empty());
        let refused = overruns(&plan, &sheet, &[used(1, 251)], false);
        assert_eq!((refused[0].is_refused, refused[0].excess), (true, Decimal::ONE));
        assert_eq!(refused[0].available, Decimal::from(250));
    }

    #[test]
    fn the_line_above_stops_what_the_one_below_lets_through() {
        let lines = vec![
            line(1, "all", None, Control::Stop, "0"),
            line(2, "a", Some("all"), Control::None, "0"),
            line(3, "b", Some("all"), Control::Warn, "10"),
        ];
        let plan = plan(lines);
        let at = |number: usize| plan.lines[number].id;
        let sheet = Sheet::from([((at(1), month(1)), of(600, 0, 0)), ((at(2), month(1)), of(400, 0, 300))]);
        assert!(
            overruns(&plan, &sheet, &[used(2, 700)], false).is_empty(),
            "700 of the 700 that all have left"
        );
        assert_eq!(overruns(&plan, &sheet, &[used(2, 701)], false)[0].key, "all");
        // 400 and a tenth of it: 440, of which 300 are spent.
        assert!(overruns(&plan, &sheet, &[used(3, 140)], false).is_empty());
        let warned = overruns(&plan, &sheet, &[used(3, 141)], false);
        assert_eq!((warned.len(), warned[0].key.as_str(), warned[0].is_refused), (1, "b", false));
    }

    #[test]
    fn less_is_never_held_up_and_months_stand_alone() {
        let mut plan = plan(vec![line(1, "a", None, Control::Stop, "0")]);
        let id = plan.lines[0].id;
        let sheet = Sheet::from([((id, month(1)), of(100, 0, 500)), ((id, month(2)), of(1000, 0, 0))]);
        assert!(overruns(&plan, &sheet, &[used(1, -50)], false).is_empty());
        assert!(overruns(&plan, &sheet, &[used(1, 600)], false).is_empty());
        plan.window = Window::Month;
        assert_eq!(overruns(&plan, &sheet, &[used(1, 1)], false).len(), 1);
        assert!(overruns(&plan, &sheet, &[Use { month: month(2), ..used(1, 1000) }], false).is_empty());
    }

    proptest! {
        #[test]
        fn what_goes_through_never_exceeds_the_limit(
            budget in 0_i64..10_000, amounts in proptest::collection::vec(1_i64..3_000, 1..40), tolerance in 0_u32..50,
        ) {
            let plan = plan(vec![line(1, "a", None, Control::Stop, &tolerance.to_string())]);
            let id = plan.lines[0].id;
            let mut figures = of(budget, 0, 0);
            for amount in amounts {
                let sheet = Sheet::from([((id, month(1)), figures)]);
                if overruns(&plan, &sheet, &[used(1, amount)], false).is_empty() {
                    figures.committed += Decimal::from(amount);
                }
            }
            prop_assert!(figures.used() <= limit(&plan, &plan.lines[0], figures.budget));
        }
    }
}
