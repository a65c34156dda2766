//! Unary tests: what a cell asks of the value of its column.

use super::cursor::{Cursor, Fault};
use super::literal::{behind, literal};
use crate::scalar::{Scalar, ScalarType};

/// How a value is compared with the literal of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// An end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The value.
    pub(crate) value: Scalar,
    /// Whether the value itself is inside.
    pub(crate) is_closed: bool,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// The value is this one; none is null.
    Is(Option<Scalar>),
    /// The value is another one; none is null.
    IsNot(Option<Scalar>),
    /// The value compares so.
    Compare(Comparison, Scalar),
    /// The value is between these.
    Between(Bound, Bound),
}

/// What a cell asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tests {
    /// Nothing: `-`.
    Any,
    /// One of these holds.
    OneOf(Vec<Test>),
    /// None of these holds.
    NoneOf(Vec<Test>),
}

/// Reads the whole text of a cell.
///
/// # Errors
/// When it is outside of the part of FEEL that is taken.
pub(crate) fn tests_alone(text: &str, kind: ScalarType) -> Result<Tests, Fault> {
    let mut cursor = Cursor::new(text)?;
    if matches!(text.trim(), "" | "-") {
        return Ok(Tests::Any);
    }
    let is_negated = {
        let mut ahead = Cursor::new(text)?;
        let found = ahead.word("not") && ahead.take("(");
        if found {
            cursor = ahead;
        }
        found
    };
    let tests = list(&mut cursor, kind)?;
    if is_negated && !cursor.take(")") {
        return Err(cursor.fault("a closing bracket of not(…) is expected here"));
    }
    if !cursor.is_at_end() {
        return Err(behind(&cursor, "a list of tests separated by commas"));
    }
    Ok(if is_negated { Tests::NoneOf(tests) } else { Tests::OneOf(tests) })
}

fn list(cursor: &mut Cursor<'_>, kind: ScalarType) -> Result<Vec<Test>, Fault> {
    let mut tests = vec![test(cursor, kind)?];
    while cursor.take(",") {
        tests.push(test(cursor, kind)?);
    }
    Ok(tests)
}

fn test(cursor: &mut Cursor<'_>, kind: ScalarType) -> Result<Test, Fault> {
    cursor.space();
    refuse_outside(cursor)?;
    for (sign, is_negated) in [("!=", true), ("=", false)] {
        if cursor.take(sign) {
            let value = literal(cursor, kind)?;
            return Ok(if is_negated { Test::IsNot(value) } else { Test::Is(value) });
        }
    }
    let comparisons = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    for (sign, comparison) in comparisons {
        if cursor.take(sign) {
            return Ok(Test::Compare(comparison, ordered(cursor, kind)?));
        }
    }
    match cursor.peek() {
        Some(open @ ('[' | '(' | ']')) => {
            cursor.bump();
            interval(cursor, kind, open == '[')
        }
        _ => literal(cursor, kind).map(Test::Is),
    }
}

/// The rest of an interval behind its first bracket: `[1..5]`, `(1..5]`, `]1..5[`.
fn interval(cursor: &mut Cursor<'_>, kind: ScalarType, is_closed: bool) -> Result<Test, Fault> {
    let low = Bound { value: ordered(cursor, kind)?, is_closed };
    if !cursor.take("..") {
        return Err(cursor.fault("an interval has two ends: .. is expected here, as in [1..5]"));
    }
    let value = ordered(cursor, kind)?;
    let is_closed = if cursor.take("]") {
        true
    } else if cursor.take(")") || cursor.take("[") {
        false
    } else {
        return Err(
            cursor.fault("the end of the interval is expected here: ] with its last value, ) without it")
        );
    };
    if low.value > value {
        return Err(cursor.fault("the interval begins behind its end: exchange its ends"));
    }
    Ok(Test::Between(low, Bound { value, is_closed }))
}

/// A literal that has an order.
fn ordered(cursor: &mut Cursor<'_>, kind: ScalarType) -> Result<Scalar, Fault> {
    if !kind.is_ordered() {
        return Err(cursor.fault("true and false have no order: name the value itself"));
    }
    let value = literal(cursor, kind)?;
    value.ok_or_else(|| cursor.fault("null has no order: name null itself, or not(null)"))
}

/// Parts of FEEL that somebody may well write here, each with the reason why it is not taken.
fn refuse_outside(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let outside = [
        ("?", "the value itself cannot be named in a cell: compute it in the expression of the column"),
        ("not", "not(…) stands around the whole cell"),
        ("if", "a cell has no conditions: write more rules"),
        ("for", "a cell has no loops: compute in the expression of the column"),
        ("some", "a cell has no loops: compute in the expression of the column"),
        ("every", "a cell has no loops: compute in the expression of the column"),
        ("function", "a cell has no functions: compute in the expression of the column"),
        ("time", "times of the day are not taken: use a date and time, or a duration since midnight"),
        ("years and months duration", "durations of months are not taken, because they have no fixed length"),
        ("{", "a cell has no objects: use one column for each part"),
    ];
    let start = cursor.rest();
    for (word, reason) in outside {
        let is_there = if word.chars().all(|c| c.is_ascii_alphabetic() || c == ' ') {
            let rest = start.strip_prefix(word);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        } else {
            start.starts_with(word)
        };
        if is_there {
            return Err(cursor.fault(reason));
        }
    }
    Ok(())
}
