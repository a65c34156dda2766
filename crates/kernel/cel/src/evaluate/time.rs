//! Instants, days and durations.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _, Utc};

use super::{Evaluated, wrong};
use crate::error::{EvalError, EvalErrorKind};
use crate::ir::{Function, Node, Operation, Part};
use crate::number::Number;
use crate::text;
use crate::value::Value;

fn out_of_range(node: &Node) -> EvalError {
    EvalError::new(EvalErrorKind::OutOfRange, node.at, "the result is out of range: years are from 1 to 9999")
}

/// Sums and differences.
pub(super) fn arithmetic(operation: Operation, left: &Value, right: &Value, node: &Node) -> Evaluated {
    let minus = operation == Operation::Subtract;
    match (left, right) {
        (Value::Timestamp(at), Value::Duration(span)) => moved(*at, *span, minus, node),
        (Value::Duration(span), Value::Timestamp(at)) if !minus => moved(*at, *span, false, node),
        (Value::Date(day), Value::Duration(span)) => moved_day(*day, *span, minus, node),
        (Value::Duration(span), Value::Date(day)) if !minus => moved_day(*day, *span, false, node),
        (Value::Timestamp(left), Value::Timestamp(right)) if minus => Ok(Value::Duration(*left - *right)),
        (Value::Date(left), Value::Date(right)) if minus => Ok(Value::Duration(*left - *right)),
        (Value::Duration(left), Value::Duration(right)) => {
            let sum = if minus { left.checked_sub(right) } else { left.checked_add(right) };
            sum.map(Value::Duration).ok_or_else(|| out_of_range(node))
        }
        _ => {
            let bad = if matches!(left, Value::Timestamp(_) | Value::Date(_) | Value::Duration(_)) {
                right
            } else {
                left
            };
            Err(wrong(node, bad, "a time or a duration"))
        }
    }
}

fn moved(at: DateTime<Utc>, span: TimeDelta, back: bool, node: &Node) -> Evaluated {
    let at = if back { at.checked_sub_signed(span) } else { at.checked_add_signed(span) };
    at.filter(text::known_instant).map(Value::Timestamp).ok_or_else(|| out_of_range(node))
}

fn moved_day(day: NaiveDate, span: TimeDelta, back: bool, node: &Node) -> Evaluated {
    if TimeDelta::days(span.num_days()) != span {
        let message = "a day moves by whole days: use a duration as '24h'";
        return Err(EvalError::new(EvalErrorKind::Invalid, node.at, message));
    }
    let day = if back { day.checked_sub_signed(span) } else { day.checked_add_signed(span) };
    day.filter(|day| text::known_day(*day)).map(Value::Date).ok_or_else(|| out_of_range(node))
}

/// A part of an instant in a zone, of a day, or the day of an instant.
pub(super) fn part(function: &Function, value: &Value, zone: Option<&Value>, node: &Node) -> Evaluated {
    let local = match value {
        Value::Timestamp(at) => match zone {
            None => at.naive_utc(),
            Some(Value::String(_)) if !text::zoned_instant(at) => return Err(out_of_range(node)),
            Some(Value::String(name)) => {
                let zone = text::zone(name).ok_or_else(|| {
                    EvalError::new(EvalErrorKind::Invalid, node.at, "there is no zone of this name")
                })?;
                at.with_timezone(&zone).naive_local()
            }
            Some(other) => return Err(wrong(node, other, "the name of a zone")),
        },
        Value::Date(day) => day.and_time(chrono::NaiveTime::MIN),
        other => return Err(wrong(node, other, "a time")),
    };
    let Function::Part(part) = function else { return Ok(Value::Date(local.date())) };
    Ok(Value::Int(number_of(*part, local)))
}

fn number_of(part: Part, local: NaiveDateTime) -> i64 {
    match part {
        Part::FullYear => i64::from(local.year()),
        Part::Month => i64::from(local.month0()),
        Part::Date => i64::from(local.day()),
        Part::DayOfMonth => i64::from(local.day0()),
        Part::DayOfWeek => i64::from(local.weekday().num_days_from_sunday()),
        Part::DayOfYear => i64::from(local.ordinal0()),
        Part::Hours => i64::from(local.hour()),
        Part::Minutes => i64::from(local.minute()),
        Part::Seconds => i64::from(local.second()),
        Part::Milliseconds => i64::from(local.nanosecond() / 1_000_000),
    }
}

/// A duration in whole units, cut towards zero; of milliseconds those that are no whole second.
pub(super) fn span(part: Part, value: &Value, node: &Node) -> Evaluated {
    let Value::Duration(span) = value else { return Err(wrong(node, value, "a duration")) };
    Ok(Value::Int(match part {
        Part::Hours => span.num_hours(),
        Part::Minutes => span.num_minutes(),
        Part::Seconds => span.num_seconds(),
        _ => span.num_milliseconds() % 1_000,
    }))
}

/// A duration as CEL writes it: seconds and an `s`.
pub(super) fn seconds_text(span: TimeDelta) -> String {
    let micros = Number::from_int(span.num_microseconds().unwrap_or(i64::MAX));
    let seconds = micros.divide(&Number::from_int(1_000_000)).unwrap_or(micros);
    format!("{}s", seconds.to_text())
}
