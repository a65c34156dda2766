//! What was posted on accounts between two days, as reports of the books ask for it.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{AccountType, AccountUse};

/// Only lines about some values of one dimension, or lines that name no value of it. Written `key:value`, `key:value,value` for
/// any of several values, and `key:` for lines without one. A value whose code has a comma cannot be asked for in this form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionFilter {
    /// Key of the dimension.
    pub key: String,
    /// Codes of the values; none for lines that name no value.
    pub values: Vec<String>,
}

/// Why a text is no filter by a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write values of a dimension as key:value, or key:value,value, or key: for lines that name none")]
pub struct DimensionFilterError;

impl FromStr for DimensionFilter {
    type Err = DimensionFilterError;

    fn from_str(text: &str) -> Result<Self, DimensionFilterError> {
        let (key, values) = text.split_once(':').ok_or(DimensionFilterError)?;
        let mut values: Vec<String> = values.split(',').map(str::to_owned).collect();
        if values.len() == 1 && values.first().is_some_and(String::is_empty) {
            values.clear();
        }
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(DimensionFilterError);
        }
        values.sort();
        values.dedup();
        Ok(Self { key: key.to_owned(), values })
    }
}

impl fmt::Display for DimensionFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, self.values.join(","))
    }
}

impl<'de> Deserialize<'de> for DimensionFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for DimensionFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which movements are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movements {
    /// First day; the first of all where there is none.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: NaiveDate,
    /// Only lines about these values of a dimension.
    pub dimension: Option<DimensionFilter>,
    /// Whether [`AccountMovement::closing`] and [`AccountMovement::revalued`] are told; they stay zero otherwise.
    pub with_adjusting: bool,
}

/// What was posted on an account between two days, in base currency with its decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountMovement {
    /// Code of the account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// What it counts as.
    pub kind: AccountType,
    /// What it is used for.
    pub usage: AccountUse,
    /// Sum of the debits.
    pub debit: Decimal,
    /// Sum of the credits.
    pub credit: Decimal,
    /// What of it closes fiscal years, or opens them again: adjustments in the book `closing`, debit positive.
    pub closing: Decimal,
    /// What of it are other adjustments, which have no amount in their own currency: differences of exchange. Debit positive.
    pub revalued: Decimal,
}

impl AccountMovement {
    /// Debits minus credits.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.debit - self.credit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_dimension_are_read_as_they_are_written() {
        for (text, key, values) in [
            ("costCentre:A", "costCentre", vec!["A"]),
            ("costCentre:B,A,B", "costCentre", vec!["A", "B"]),
            ("costCentre:", "costCentre", vec![]),
            ("site:a:b", "site", vec!["a:b"]),
        ] {
            let filter: DimensionFilter = text.parse().unwrap();
            assert_eq!(
                (filter.key.as_str(), &filter.values),
                (key, &values.iter().map(ToString::to_string).collect())
            );
            assert_eq!(filter.to_string().parse::<DimensionFilter>().unwrap(), filter);
        }
        for text in ["", "costCentre", ":A", "costCentre:A,", "costCentre:,"] {
            assert!(text.parse::<DimensionFilter>().is_err(), "{text:?}");
        }
    }
}
