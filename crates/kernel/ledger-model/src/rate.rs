//! A rate of exchange, as callers write it.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, de};

/// Most decimals of a rate.
const MOST_DECIMALS: u32 = 12;
/// Rates from here on are refused: a slip of the pen.
const TOO_LARGE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Units of the base currency for one of another: a decimal above zero, below a thousand million, with at most 12 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rate(Decimal);

/// Why a text is not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a rate as a decimal above zero with at most 12 decimals, such as 0.9488")]
pub struct RateError;

impl Rate {
    /// The number.
    pub fn number(self) -> Decimal {
        self.0
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let is_plain = text.chars().all(|c| c.is_ascii_digit() || c == '.') && text.len() <= 24;
        let number: Decimal = text.parse().ok().filter(|_| is_plain).ok_or(RateError)?;
        let number = number.normalize();
        if number <= Decimal::ZERO || number >= TOO_LARGE || number.scale() > MOST_DECIMALS {
            return Err(RateError);
        }
        Ok(Self(number))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_plain_decimal_above_zero() {
        for text in ["1", "0.9488", "0.006406", "162.5", "0.000000000001", "999999999.5"] {
            assert!(text.parse::<Rate>().is_ok(), "{text}");
        }
        for text in ["", "0", "0.0", "-1", "+1", "1e3", "1,5", "0.0000000000001", "1000000000", "NaN", "."] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
