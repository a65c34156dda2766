//! The types that cells of a table have, and their values in order.

use std::fmt::Write as _;
use std::sync::Arc;

use athyper_kernel_cel::{Type, Value};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The type of a cell, named as FEEL names it (DMN 1.5, section 10.3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScalarType {
    /// Text; its order is by code point.
    String,
    /// An exact decimal of up to 28 digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day without a zone.
    Date,
    /// An instant, to the microsecond.
    DateTime,
    /// A span of days and time, to the microsecond.
    Duration,
}

impl ScalarType {
    /// The type as expressions know it.
    pub fn cel(self) -> Type {
        match self {
            Self::String => Type::String,
            Self::Number => Type::Decimal,
            Self::Boolean => Type::Bool,
            Self::Date => Type::Date,
            Self::DateTime => Type::Timestamp,
            Self::Duration => Type::Duration,
        }
    }

    /// Its name in definitions.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Duration => "duration",
        }
    }

    /// Whether its values have an order that tests may ask for.
    pub(crate) fn is_ordered(self) -> bool {
        self != Self::Boolean
    }
}

/// A value of a cell. The values of one column have one type, and their order is that type's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// Text.
    String(Arc<str>),
    /// A number.
    Number(Decimal),
    /// `true` or `false`.
    Boolean(bool),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    DateTime(DateTime<Utc>),
    /// A span of time.
    Duration(TimeDelta),
}

/// What comes behind a value.
pub(crate) enum Next {
    /// This value, where values come one after the other.
    Value(Scalar),
    /// Nothing: it is the last one.
    Nothing,
    /// No value in particular: between two there are always others.
    Dense,
}

/// The smallest step of times and durations.
const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// Whether the language of expressions knows this year.
pub(crate) fn is_known_year(year: i32) -> bool {
    (1..=9999).contains(&year)
}

impl Scalar {
    /// The scalar that a value of an expression is; none for null and for what no cell has.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::String(text) => Self::String(Arc::clone(text)),
            Value::Int(number) => Self::Number(Decimal::from(*number)),
            Value::Decimal(number) => Self::Number(*number),
            Value::Bool(value) => Self::Boolean(*value),
            Value::Date(day) => Self::Date(*day),
            Value::Timestamp(at) => Self::DateTime(*at),
            Value::Duration(span) => Self::Duration(*span),
            _ => return None,
        })
    }

    /// The value as expressions know it.
    pub fn to_value(&self) -> Value {
        match self {
            Self::String(text) => Value::String(Arc::clone(text)),
            Self::Number(number) => Value::Decimal(*number),
            Self::Boolean(value) => Value::Bool(*value),
            Self::Date(day) => Value::Date(*day),
            Self::DateTime(at) => Value::timestamp(*at),
            Self::Duration(span) => Value::Duration(*span),
        }
    }

    /// Its type.
    pub fn kind(&self) -> ScalarType {
        match self {
            Self::String(_) => ScalarType::String,
            Self::Number(_) => ScalarType::Number,
            Self::Boolean(_) => ScalarType::Boolean,
            Self::Date(_) => ScalarType::Date,
            Self::DateTime(_) => ScalarType::DateTime,
            Self::Duration(_) => ScalarType::Duration,
        }
    }

    /// What comes behind the value.
    pub(crate) fn next(&self) -> Next {
        let found = match self {
            Self::Boolean(value) => (!value).then_some(Self::Boolean(true)),
            Self::Date(day) => day.succ_opt().filter(|day| is_known_year(day.year())).map(Self::Date),
            Self::DateTime(at) => {
                let next = at.checked_add_signed(MICROSECOND).filter(|at| is_known_year(at.year()));
                next.map(Self::DateTime)
            }
            Self::Duration(span) => span.checked_add(&MICROSECOND).map(Self::Duration),
            Self::String(_) | Self::Number(_) => return Next::Dense,
        };
        found.map_or(Next::Nothing, Next::Value)
    }

    /// The value before, for types whose values come one after the other.
    pub(crate) fn previous(&self) -> Option<Self> {
        match self {
            Self::Boolean(value) => value.then_some(Self::Boolean(false)),
            Self::Date(day) => day.pred_opt().filter(|day| is_known_year(day.year())).map(Self::Date),
            Self::DateTime(at) => {
                let before = at.checked_sub_signed(MICROSECOND).filter(|at| is_known_year(at.year()));
                before.map(Self::DateTime)
            }
            Self::Duration(span) => span.checked_sub(&MICROSECOND).map(Self::Duration),
            Self::String(_) | Self::Number(_) => None,
        }
    }

    /// As a literal of FEEL.
    pub fn to_feel(&self) -> String {
        match self {
            Self::String(text) => quoted(text),
            Self::Number(number) => number.normalize().to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Date(day) => format!("date(\"{day}\")"),
            Self::DateTime(at) => {
                format!("date and time(\"{}\")", at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            Self::Duration(span) => format!("duration(\"{}\")", iso_duration(*span)),
        }
    }
}

/// Text in quotes, as FEEL and CEL both read it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                // All control characters are below U+00A0: four digits hold them.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A span as ISO 8601 writes it, in days and time: `P1DT2H30M`, `-PT0.5S`.
pub(crate) fn iso_duration(span: TimeDelta) -> String {
    let sign = if span < TimeDelta::zero() { "-" } else { "" };
    let span = span.abs();
    let micros = span.subsec_nanos() / 1_000;
    let (days, hours) = (span.num_days(), span.num_hours() % 24);
    let (minutes, seconds) = (span.num_minutes() % 60, span.num_seconds() % 60);
    let mut text = format!("{sign}P");
    if days > 0 {
        let _ = write!(text, "{days}D");
    }
    if hours > 0 || minutes > 0 || seconds > 0 || micros > 0 || days == 0 {
        text.push('T');
    }
    if hours > 0 {
        let _ = write!(text, "{hours}H");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}M");
    }
    if micros > 0 {
        let fraction = format!("{micros:06}");
        let _ = write!(text, "{seconds}.{}S", fraction.trim_end_matches('0'));
    } else if seconds > 0 || text.ends_with('T') {
        let _ = write!(text, "{seconds}S");
    }
    text
}

/// A value as the platform's JSON has it: decimals, days, times and durations as text that is read as the same value again.
pub fn to_json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Null | Value::Large(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => Json::from(*number),
        Value::Decimal(number) => Json::String(number.normalize().to_string()),
        Value::String(text) => Json::String(text.to_string()),
        Value::Timestamp(at) => Json::String(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        Value::Date(day) => Json::String(day.to_string()),
        Value::Duration(span) => Json::String(plain_duration(*span)),
        Value::Uuid(id) => Json::String(id.to_string()),
        Value::List(values) => Json::Array(values.iter().map(to_json).collect()),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), to_json(value))).collect())
        }
    }
}

/// A span in seconds, in the form that expressions read: `5400s`, `-0.5s`.
fn plain_duration(span: TimeDelta) -> String {
    let sign = if span < TimeDelta::zero() { "-" } else { "" };
    let span = span.abs();
    let micros = span.subsec_nanos() / 1_000;
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{sign}{}{}s", span.num_seconds(), fraction.trim_end_matches('0'))
}
