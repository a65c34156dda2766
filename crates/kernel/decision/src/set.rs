//! What a cell accepts, as a set of values: intervals of one line of values, and null beside it.
//!
//! An end of an interval is a cut between two values, so that open and closed ends are of one kind and sets are added,
//! turned round and held against each other exactly. Where values come one after the other (days, instants, durations,
//! booleans), a cut behind a value is the cut before the next one.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::feel::{Bound, Comparison, Test, Tests};
use crate::scalar::{Next, Scalar, ScalarType};

/// A place between two values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cut {
    /// Before all values.
    Start,
    /// Right before or right behind a value.
    At(Scalar, Side),
    /// Behind all values.
    End,
}

/// On which side of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// Before it.
    Before,
    /// Behind it.
    After,
}

impl Cut {
    pub(crate) fn before(value: &Scalar) -> Self {
        match value {
            Scalar::Boolean(false) => Self::Start,
            value => Self::At(value.clone(), Side::Before),
        }
    }

    pub(crate) fn after(value: &Scalar) -> Self {
        match value.next() {
            Next::Dense => Self::At(value.clone(), Side::After),
            Next::Value(next) => Self::At(next, Side::Before),
            Next::Nothing => Self::End,
        }
    }

    /// Whether the cut is before this value or behind it.
    pub(crate) fn is_before(&self, value: &Scalar) -> bool {
        match self {
            Self::Start => true,
            Self::At(at, side) => match at.cmp(value) {
                Ordering::Less => true,
                Ordering::Equal => *side == Side::Before,
                Ordering::Greater => false,
            },
            Self::End => false,
        }
    }
}

/// The values between two cuts, of which the first is the lower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: Cut,
    pub(crate) high: Cut,
}

impl Span {
    /// A value of the span; none when it turns out that no value lies between its cuts.
    pub(crate) fn example(&self, kind: ScalarType) -> Option<Scalar> {
        match (&self.low, &self.high) {
            (Cut::At(value, Side::Before), _) | (_, Cut::At(value, Side::After)) => Some(value.clone()),
            (Cut::Start, Cut::End) => Some(any(kind)),
            (Cut::Start, Cut::At(value, Side::Before)) => below(value),
            (Cut::At(value, Side::After), Cut::End) => above(value),
            (Cut::At(low, Side::After), Cut::At(high, Side::Before)) => between(low, high),
            _ => None,
        }
    }
}

fn any(kind: ScalarType) -> Scalar {
    match kind {
        ScalarType::String => Scalar::String("a".into()),
        ScalarType::Number => Scalar::Number(Decimal::ZERO),
        ScalarType::Boolean => Scalar::Boolean(false),
        ScalarType::Date => Scalar::Date(chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default()),
        ScalarType::DateTime => {
            Scalar::DateTime(chrono::DateTime::from_timestamp(946_684_800, 0).unwrap_or_default())
        }
        ScalarType::Duration => Scalar::Duration(chrono::TimeDelta::zero()),
    }
}

fn below(value: &Scalar) -> Option<Scalar> {
    match value {
        Scalar::Number(number) => {
            let whole = number.ceil().checked_sub(Decimal::ONE).filter(|below| below < number);
            whole.map(Scalar::Number)
        }
        Scalar::String(text) => (!text.is_empty()).then(|| Scalar::String("".into())),
        other => other.previous(),
    }
}

fn above(value: &Scalar) -> Option<Scalar> {
    match value {
        Scalar::Number(number) => {
            let whole = number.floor().checked_add(Decimal::ONE).filter(|above| above > number);
            whole.map(Scalar::Number)
        }
        Scalar::String(text) => Some(Scalar::String(format!("{text}a").into())),
        _ => None,
    }
}

fn between(low: &Scalar, high: &Scalar) -> Option<Scalar> {
    match (low, high) {
        (Scalar::Number(low), Scalar::Number(high)) => {
            let is_inside = |value: &Decimal| low < value && value < high;
            let whole = low.floor().checked_add(Decimal::ONE).filter(is_inside);
            let middle = || {
                let half = high.checked_sub(*low)?.checked_div(Decimal::TWO)?;
                low.checked_add(half).filter(is_inside)
            };
            whole.or_else(middle).map(Scalar::Number)
        }
        (Scalar::String(low), Scalar::String(high)) => {
            // The last of these is the text right behind the lower one: what is not below it is not there.
            let candidates = ["a", "0", " ", "\u{1}"].map(|end| format!("{low}{end}"));
            let found = candidates.into_iter().find(|text| text.as_str() < high.as_ref());
            found.map(|text| Scalar::String(text.into()))
        }
        _ => None,
    }
}

/// A value; none is null.
pub(crate) type OrNull = Option<Scalar>;

/// A set of values of one type, and maybe null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    /// Whether null belongs to it.
    pub(crate) null: bool,
    /// Its spans in order, no two of which touch.
    pub(crate) spans: Vec<Span>,
}

impl Set {
    /// Everything, null included.
    pub(crate) fn all() -> Self {
        Self { null: true, spans: vec![Span { low: Cut::Start, high: Cut::End }] }
    }

    /// All values of these spans, which may lie anyhow.
    fn joined(null: bool, mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.low < span.high);
        spans.sort_by(|left, right| left.low.cmp(&right.low));
        let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.low <= last.high => {
                    if span.high > last.high {
                        last.high = span.high;
                    }
                }
                _ => joined.push(span),
            }
        }
        Self { null, spans: joined }
    }

    /// What fulfils these tests, as FEEL's logic of three values has it: a comparison with null is neither true nor false, and
    /// so is its negation.
    pub(crate) fn of(tests: &Tests) -> Self {
        match tests {
            Tests::Any => Self::all(),
            Tests::OneOf(tests) => {
                Self::joined(tests.iter().any(|test| null_fulfils(test) == Some(true)), spans(tests))
            }
            Tests::NoneOf(tests) => {
                let null = tests.iter().all(|test| null_fulfils(test) == Some(false));
                let positive = Self::joined(false, spans(tests));
                Self { null, spans: positive.holes() }
            }
        }
    }

    /// The values that no span has.
    fn holes(&self) -> Vec<Span> {
        let mut holes = Vec::with_capacity(self.spans.len() + 1);
        let mut low = Cut::Start;
        for span in &self.spans {
            if low < span.low {
                holes.push(Span { low, high: span.low.clone() });
            }
            low = span.high.clone();
        }
        if low < Cut::End {
            holes.push(Span { low, high: Cut::End });
        }
        holes
    }

    /// Whether a value belongs to it; none is null.
    pub(crate) fn has(&self, value: Option<&Scalar>) -> bool {
        let Some(value) = value else { return self.null };
        let at = self.spans.partition_point(|span| span.low.is_before(value));
        at.checked_sub(1).and_then(|at| self.spans.get(at)).is_some_and(|span| !span.high.is_before(value))
    }

    /// What both have.
    pub(crate) fn both(&self, other: &Self) -> Self {
        let mut spans = Vec::new();
        let (mut left, mut right) = (self.spans.iter().peekable(), other.spans.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (low, high) = (a.low.clone().max(b.low.clone()), a.high.clone().min(b.high.clone()));
            let a_ends_first = a.high <= b.high;
            if low < high {
                spans.push(Span { low, high });
            }
            if a_ends_first {
                left.next()
            } else {
                right.next()
            };
        }
        Self { null: self.null && other.null, spans }
    }

    /// Whether it has all that the other one has.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        (self.null || !other.null)
            && other
                .spans
                .iter()
                .all(|span| self.spans.iter().any(|own| own.low <= span.low && span.high <= own.high))
    }

    /// Whether it has everything.
    pub(crate) fn is_all(&self) -> bool {
        self.null && matches!(self.spans.as_slice(), [Span { low: Cut::Start, high: Cut::End }])
    }

    /// A value of it: of a span before null; none where it has nothing.
    pub(crate) fn example(&self, kind: ScalarType) -> Option<OrNull> {
        let found = self.spans.iter().find_map(|span| span.example(kind));
        found.map(Some).or_else(|| self.null.then_some(None))
    }
}

/// Whether null fulfils a test; none where FEEL says null.
fn null_fulfils(test: &Test) -> Option<bool> {
    match test {
        Test::Is(value) => Some(value.is_none()),
        Test::IsNot(value) => Some(value.is_some()),
        Test::Compare(..) | Test::Between(..) => None,
    }
}

fn spans(tests: &[Test]) -> Vec<Span> {
    tests.iter().flat_map(test_spans).collect()
}

fn test_spans(test: &Test) -> Vec<Span> {
    let one = |low, high| vec![Span { low, high }];
    match test {
        Test::Is(None) => Vec::new(),
        Test::Is(Some(value)) => one(Cut::before(value), Cut::after(value)),
        Test::IsNot(None) => one(Cut::Start, Cut::End),
        Test::IsNot(Some(value)) => vec![
            Span { low: Cut::Start, high: Cut::before(value) },
            Span { low: Cut::after(value), high: Cut::End },
        ],
        Test::Compare(Comparison::Less, value) => one(Cut::Start, Cut::before(value)),
        Test::Compare(Comparison::AtMost, value) => one(Cut::Start, Cut::after(value)),
        Test::Compare(Comparison::Greater, value) => one(Cut::after(value), Cut::End),
        Test::Compare(Comparison::AtLeast, value) => one(Cut::before(value), Cut::End),
        Test::Between(low, high) => one(low_cut(low), high_cut(high)),
    }
}

fn low_cut(bound: &Bound) -> Cut {
    if bound.is_closed { Cut::before(&bound.value) } else { Cut::after(&bound.value) }
}

fn high_cut(bound: &Bound) -> Cut {
    if bound.is_closed { Cut::after(&bound.value) } else { Cut::before(&bound.value) }
}

/// The range of segments between cuts in order that a span lies in: segment 0 is before the first cut.
pub(crate) fn segments(cuts: &[Cut], span: &Span) -> RangeInclusive<usize> {
    let first = cuts.partition_point(|cut| *cut <= span.low);
    let last = cuts.partition_point(|cut| *cut < span.high);
    first..=last
}

/// The number of the segment that a value lies in.
pub(crate) fn segment_of(cuts: &[Cut], value: &Scalar) -> usize {
    cuts.partition_point(|cut| cut.is_before(value))
}

/// Words for sets, and what the analysis asks of them.
impl Set {
    /// Whether the two have a value in common, as far as their cuts say.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        let meets = |own: &Span| other.spans.iter().any(|span| own.low < span.high && span.low < own.high);
        (self.null && other.null) || self.spans.iter().any(meets)
    }

    /// Adds a span that comes behind all others.
    pub(crate) fn append(&mut self, span: Span) {
        match self.spans.last_mut() {
            Some(last) if last.high == span.low => last.high = span.high,
            _ => self.spans.push(span),
        }
    }

    /// The set as a cell says it.
    pub(crate) fn to_feel(&self) -> String {
        if self.is_all() {
            return "-".to_owned();
        }
        let whole = matches!(self.spans.as_slice(), [Span { low: Cut::Start, high: Cut::End }]);
        if whole {
            return "not(null)".to_owned();
        }
        let null = self.null.then(|| "null".to_owned());
        let parts: Vec<String> = null.into_iter().chain(self.spans.iter().map(Span::to_feel)).collect();
        parts.join(", ")
    }
}

impl Span {
    fn to_feel(&self) -> String {
        match (&self.low, &self.high) {
            (Cut::Start, Cut::At(Scalar::Boolean(_), _)) => "false".to_owned(),
            (Cut::At(Scalar::Boolean(_), _), _) => "true".to_owned(),
            (Cut::Start, Cut::At(value, Side::Before)) => format!("< {}", value.to_feel()),
            (Cut::Start, Cut::At(value, Side::After)) => format!("<= {}", value.to_feel()),
            (Cut::At(value, Side::Before), Cut::End) => format!(">= {}", value.to_feel()),
            (Cut::At(value, Side::After), Cut::End) => format!("> {}", value.to_feel()),
            (Cut::At(low, Side::Before), high) if *high == Cut::after(low) => low.to_feel(),
            (Cut::At(low, opens), Cut::At(high, closes)) => {
                let open = if *opens == Side::Before { '[' } else { '(' };
                let close = if *closes == Side::After { ']' } else { ')' };
                format!("{open}{}..{}{close}", low.to_feel(), high.to_feel())
            }
            // Everything, or what lies outside of all values.
            (_, Cut::End) => "not(null)".to_owned(),
            _ => "null".to_owned(),
        }
    }
}
