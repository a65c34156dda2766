//! Cells at random, as data, in words, and evaluated by FEEL's logic of three values, one test after the other.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::scalar::{Scalar, ScalarType};

/// A test as it is written: a sign, or brackets, and literals.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Dash,
    List(Vec<One>),
    Not(Vec<One>),
}

#[derive(Clone, Debug)]
pub(crate) enum One {
    Sign(&'static str, Option<Scalar>),
    Interval(char, Scalar, Scalar, char),
}

/// The values that cells of a type name: few, so that cells meet.
pub(crate) fn pool(kind: ScalarType) -> Vec<Scalar> {
    let day = |n: u64| NaiveDate::from_ymd_opt(2024, 2, 27).unwrap() + chrono::Days::new(n);
    match kind {
        ScalarType::Number => (0..5).map(|n| Scalar::Number(Decimal::from(n))).collect(),
        ScalarType::String => ["", "a", "aa", "b", "ü\"\\"].map(|text| Scalar::String(text.into())).to_vec(),
        ScalarType::Boolean => vec![Scalar::Boolean(false), Scalar::Boolean(true)],
        ScalarType::Date => (0..5).map(|n| Scalar::Date(day(n))).collect(),
        ScalarType::DateTime => (0..4)
            .map(|n| Scalar::DateTime(DateTime::from_timestamp_micros(1_700_000_000_000_000 + n).unwrap()))
            .collect(),
        ScalarType::Duration => (0..4).map(|n| Scalar::Duration(TimeDelta::minutes(90 * n))).collect(),
    }
}

/// The values that are tried: those of the pool, those between them and around them, and null.
pub(crate) fn grid(kind: ScalarType) -> Vec<Option<Scalar>> {
    let mut grid: Vec<Scalar> = pool(kind);
    match kind {
        ScalarType::Number => grid.extend((-1..6).map(|n| Scalar::Number(Decimal::new(n * 10 + 5, 1)))),
        ScalarType::String => {
            grid.extend(["\u{1}", "ab", "b\u{1}", "zz"].map(|text| Scalar::String(text.into())));
        }
        ScalarType::Boolean => {}
        ScalarType::Date => {
            for text in ["2024-02-26", "2024-03-03"] {
                grid.push(Scalar::Date(text.parse().unwrap()));
            }
        }
        ScalarType::DateTime => {
            for n in [-1, 4] {
                grid.push(Scalar::DateTime(
                    DateTime::from_timestamp_micros(1_700_000_000_000_000 + n).unwrap(),
                ));
            }
        }
        ScalarType::Duration => {
            grid.extend([-1, 80, 100, 999].map(|n| Scalar::Duration(TimeDelta::minutes(n))));
        }
    }
    grid.into_iter().map(Some).chain([None]).collect()
}

pub(crate) fn kinds() -> impl Strategy<Value = ScalarType> {
    use ScalarType::{Boolean, Date, DateTime, Duration, Number, String};
    prop::sample::select(vec![Number, String, Boolean, Date, DateTime, Duration])
}

pub(crate) fn cells(kind: ScalarType) -> impl Strategy<Value = Cell> {
    let list = prop::collection::vec(ones(kind), 1..4).boxed();
    prop_oneof![
        1 => Just(Cell::Dash),
        5 => list.clone().prop_map(Cell::List),
        1 => list.prop_map(Cell::Not),
    ]
}

fn ones(kind: ScalarType) -> BoxedStrategy<One> {
    let value = prop::sample::select(pool(kind));
    let equal = (prop::sample::select(vec!["", "=", "!="]), prop::option::weighted(0.9, value.clone()))
        .prop_map(|(sign, value)| One::Sign(sign, value));
    if kind == ScalarType::Boolean {
        return equal.boxed();
    }
    let compare = (prop::sample::select(vec!["<", "<=", ">", ">="]), value.clone())
        .prop_map(|(sign, value)| One::Sign(sign, Some(value)));
    let brackets = (prop::sample::select(vec!['[', '(', ']']), prop::sample::select(vec![']', ')', '[']));
    let interval = (brackets, value.clone(), value).prop_map(|((open, close), one, other)| {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        One::Interval(open, low, high, close)
    });
    prop_oneof![3 => equal, 3 => compare, 2 => interval].boxed()
}

impl Cell {
    /// In words, with blanks at random.
    pub(crate) fn text(&self, blank: &str) -> String {
        let literal = |value: &Option<Scalar>| value.as_ref().map_or("null".to_owned(), Scalar::to_feel);
        let one = |one: &One| match one {
            One::Sign(sign, value) => format!("{sign}{blank}{}", literal(value)),
            One::Interval(open, low, high, close) => {
                format!("{open}{blank}{}{blank}..{blank}{}{blank}{close}", low.to_feel(), high.to_feel())
            }
        };
        let list = |all: &[One]| all.iter().map(one).collect::<Vec<_>>().join(&format!("{blank},{blank}"));
        match self {
            Self::Dash => "-".to_owned(),
            Self::List(all) => list(all),
            Self::Not(all) => format!("not{blank}({}{blank})", list(all)),
        }
    }

    /// Whether a value fulfils the cell.
    pub(crate) fn accepts(&self, value: Option<&Scalar>) -> bool {
        match self {
            Self::Dash => true,
            Self::List(all) => or(all, value) == Some(true),
            Self::Not(all) => or(all, value) == Some(false),
        }
    }
}

/// True if one is true, else unknown if one is, else false.
fn or(all: &[One], value: Option<&Scalar>) -> Option<bool> {
    let found: Vec<Option<bool>> = all.iter().map(|one| one.holds(value)).collect();
    if found.contains(&Some(true)) {
        Some(true)
    } else if found.contains(&None) {
        None
    } else {
        Some(false)
    }
}

impl One {
    fn holds(&self, value: Option<&Scalar>) -> Option<bool> {
        match self {
            Self::Sign("" | "=", other) => Some(value == other.as_ref()),
            Self::Sign("!=", other) => Some(value != other.as_ref()),
            Self::Sign(sign, other) => {
                let order = value?.cmp(other.as_ref()?);
                Some(match *sign {
                    "<" => order == Ordering::Less,
                    "<=" => order != Ordering::Greater,
                    ">" => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
            Self::Interval(open, low, high, close) => {
                let value = value?;
                let from = if *open == '[' { value >= low } else { value > low };
                let to = if *close == ']' { value <= high } else { value < high };
                Some(from && to)
            }
        }
    }
}
