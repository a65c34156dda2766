//! A calendar day in the books, as callers write it.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Years that the ledger takes. A date outside of them is a slip of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A day written `YYYY-MM-DD` (RFC 3339, `full-date`) and nothing else, in the years 1900 to 2199.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Day(NaiveDate);

/// Why a text is not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// Not of the form, or not in the calendar.
    #[error("write a day of the calendar as YYYY-MM-DD, such as 2024-02-29")]
    Malformed,
    /// Outside of the years that the ledger takes.
    #[error("the year must be from 1900 to 2199")]
    Year,
}

impl Day {
    /// The date.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0
    }
}

impl TryFrom<NaiveDate> for Day {
    type Error = DayError;

    fn try_from(date: NaiveDate) -> Result<Self, DayError> {
        if YEARS.contains(&date.year()) { Ok(Self(date)) } else { Err(DayError::Year) }
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        // chrono's own parser also takes signs, spaces and single digits.
        let has_form = text.len() == 10
            && text.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !has_form {
            return Err(DayError::Malformed);
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DayError::Malformed)?.try_into()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_full_form_is_taken() {
        assert_eq!("2024-02-29".parse::<Day>().unwrap().to_string(), "2024-02-29");
        for text in ["", "2024-2-29", "2023-02-29", "+024-02-01", "2024-02-29 ", "24-02-2024", "２０２4-02"]
        {
            assert_eq!(text.parse::<Day>(), Err(DayError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn years_have_bounds() {
        for (text, is_taken) in
            [("1899-12-31", false), ("1900-01-01", true), ("2199-12-31", true), ("2200-01-01", false)]
        {
            assert_eq!(text.parse::<Day>().is_ok(), is_taken, "{text}");
        }
    }
}
