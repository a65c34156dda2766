//! Values: what an expression reads and what it gives.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::number::Number;

/// A value. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing: a field that is not there, or null in JSON.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text without the character U+0000.
    String(Arc<str>),
    /// An instant; make it by [`Value::timestamp`], which keeps microseconds and drops what is finer.
    Timestamp(DateTime<Utc>),
    /// A day of the calendar.
    Date(NaiveDate),
    /// A span of time in whole microseconds.
    Duration(TimeDelta),
    /// A UUID.
    Uuid(Uuid),
    /// A list.
    List(Arc<Vec<Value>>),
    /// An object.
    Map(Arc<BTreeMap<Arc<str>, Value>>),
    /// A number that arithmetic made and that no other variant holds. Never the result of an evaluation.
    #[doc(hidden)]
    Large(LargeNumber),
}

/// A number without bounds, on the way between two operations.
#[derive(Clone, Debug)]
pub struct LargeNumber(pub(crate) Arc<Number>);

impl Value {
    /// An instant, cut to the microsecond as PostgreSQL stores it.
    pub fn timestamp(at: DateTime<Utc>) -> Self {
        Self::Timestamp(at.trunc_subsecs(6))
    }

    /// Text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list of these values.
    pub fn list(values: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(values.into_iter().collect()))
    }

    /// An object of these values.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Map(Arc::new(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The word for its type in messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Decimal(_) | Self::Large(_) => "decimal",
            Self::String(_) => "string",
            Self::Timestamp(_) => "timestamp",
            Self::Date(_) => "date",
            Self::Duration(_) => "duration",
            Self::Uuid(_) => "uuid",
            Self::List(_) => "list",
            Self::Map(_) => "object",
        }
    }

    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Self::Int(value) => Some(Number::from_int(*value)),
            Self::Decimal(value) => Some(Number::from_decimal(*value)),
            Self::Large(value) => Some(value.0.as_ref().clone()),
            _ => None,
        }
    }

    /// The number as the smallest variant that holds it: a whole number for `int`, a decimal otherwise.
    pub(crate) fn from_number(number: Number, whole: bool) -> Self {
        let small =
            if whole { number.to_int().map(Self::Int) } else { number.to_decimal().map(Self::Decimal) };
        small.unwrap_or_else(|| Self::Large(LargeNumber(Arc::new(number))))
    }

    /// Order of two values of one ordered type; none for others.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Int(left), Self::Int(right)) => left.cmp(right),
            (Self::Decimal(left), Self::Decimal(right)) => left.cmp(right),
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::Timestamp(left), Self::Timestamp(right)) => left.cmp(right),
            (Self::Date(left), Self::Date(right)) => left.cmp(right),
            (Self::Duration(left), Self::Duration(right)) => left.cmp(right),
            _ => self.number()?.compare(&other.number()?),
        })
    }

    /// Its text as JSON; none for what JSON has no type for.
    pub(crate) fn to_json_text(&self) -> Option<String> {
        let mut text = String::new();
        self.write_json(&mut text, 0)?;
        Some(text)
    }

    fn write_json(&self, text: &mut String, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => write!(text, "{value}").ok()?,
            Self::Int(value) => write!(text, "{value}").ok()?,
            Self::Decimal(_) | Self::Large(_) => text.push_str(&self.number()?.to_text()),
            Self::String(value) => text.push_str(&serde_json::to_string(value.as_ref()).ok()?),
            Self::List(values) => {
                text.push('[');
                for (index, value) in values.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    value.write_json(text, depth + 1)?;
                }
                text.push(']');
            }
            Self::Map(entries) => {
                text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    text.push_str(&serde_json::to_string(key.as_ref()).ok()?);
                    text.push(':');
                    value.write_json(text, depth + 1)?;
                }
                text.push('}');
            }
            _ => return None,
        }
        Some(())
    }
}

/// How deep values may be nested.
pub(crate) const MAX_DEPTH: usize = 64;

/// Equal as the language sees it: null equals null, numbers equal by value, values of two types do not equal.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Uuid(left), Self::Uuid(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }
}

impl Eq for Value {}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

impl From<NaiveDate> for Value {
    fn from(value: NaiveDate) -> Self {
        Self::Date(value)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(value: DateTime<Utc>) -> Self {
        Self::timestamp(value)
    }
}
