//! Values that are bound to placeholders.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use uuid::Uuid;

/// A value of a placeholder. The text casts each placeholder, so that the type is never guessed.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    /// `boolean`
    Bool(bool),
    /// `bigint`
    Int(i64),
    /// `numeric`
    Decimal(Decimal),
    /// `text`; also JSON and numbers that no other type holds, which the text casts.
    Text(String),
    /// `timestamptz`
    Timestamp(DateTime<Utc>),
    /// `date`
    Date(NaiveDate),
    /// `uuid`
    Uuid(Uuid),
    /// `boolean[]`
    Bools(Vec<bool>),
    /// `bigint[]`
    Ints(Vec<i64>),
    /// `numeric[]`
    Decimals(Vec<Decimal>),
    /// `text[]`
    Texts(Vec<String>),
    /// `timestamptz[]`
    Timestamps(Vec<DateTime<Utc>>),
    /// `date[]`
    Dates(Vec<NaiveDate>),
    /// `uuid[]`
    Uuids(Vec<Uuid>),
}

impl Bind {
    /// Adds it to the arguments of a query, as the next one.
    pub fn add_to(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Bool(value) => arguments.add(*value),
            Self::Int(value) => arguments.add(*value),
            Self::Decimal(value) => arguments.add(*value),
            Self::Text(value) => arguments.add(value.as_str()),
            Self::Timestamp(value) => arguments.add(*value),
            Self::Date(value) => arguments.add(*value),
            Self::Uuid(value) => arguments.add(*value),
            Self::Bools(values) => arguments.add(values.as_slice()),
            Self::Ints(values) => arguments.add(values.as_slice()),
            Self::Decimals(values) => arguments.add(values.as_slice()),
            Self::Texts(values) => arguments.add(values.as_slice()),
            Self::Timestamps(values) => arguments.add(values.as_slice()),
            Self::Dates(values) => arguments.add(values.as_slice()),
            Self::Uuids(values) => arguments.add(values.as_slice()),
        }
    }
}

/// The values of the placeholders of one statement.
#[derive(Clone, Debug)]
pub struct Binds {
    first: usize,
    values: Vec<Bind>,
}

impl Binds {
    /// Placeholders from this number on: `$1` for a statement without others, `$3` after two.
    pub fn from(first: usize) -> Self {
        Self { first: first.max(1), values: vec![] }
    }

    /// Takes a value, and gives the placeholder for it.
    pub fn push(&mut self, value: Bind) -> String {
        self.values.push(value);
        format!("${}", self.first + self.values.len() - 1)
    }

    /// The values in the order of their placeholders.
    pub fn values(&self) -> &[Bind] {
        &self.values
    }

    /// Adds all to the arguments of a query.
    pub fn add_to(&self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        self.values.iter().try_for_each(|value| value.add_to(arguments))
    }
}
