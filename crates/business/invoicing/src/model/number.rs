//! A decimal number, as callers write it.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Longest text that is read as a number.
const MAX_LEN: usize = 32;

/// A plain decimal number as a text in JSON, with at most `SCALE` digits after the point and 12 before it: no sign but a minus,
/// no exponent, no separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number<const SCALE: u32>(Decimal);

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a plain decimal number as a text, with at most {scale} digits after the point and 12 before it: \"12.5\""
)]
pub(crate) struct NumberError {
    scale: u32,
}

impl<const SCALE: u32> Number<SCALE> {
    /// Reads a number.
    pub(crate) fn parse(text: &str) -> Result<Self, NumberError> {
        let error = NumberError { scale: SCALE };
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > MAX_LEN || !is_plain(whole) || !is_plain(fraction) {
            return Err(error);
        }
        let number: Decimal = text.parse().map_err(|_| error)?;
        let number = number.normalize();
        let is_in_range = number.scale() <= SCALE && number.abs() < Decimal::from(1_000_000_000_000_i64);
        if is_in_range { Ok(Self(number)) } else { Err(error) }
    }

    /// The number.
    pub(crate) const fn decimal(self) -> Decimal {
        self.0
    }
}

impl<const SCALE: u32> fmt::Display for Number<SCALE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const SCALE: u32> Serialize for Number<SCALE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, const SCALE: u32> Deserialize<'de> for Number<SCALE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_taken() {
        assert_eq!(Number::<2>::parse("-12.50").unwrap().to_string(), "-12.5");
        for text in ["", "1e3", "+1", "1.", ".5", "1,5", " 1", "0.001", "1000000000000", "--1", "1_0"] {
            assert!(Number::<2>::parse(text).is_err(), "{text:?}");
        }
    }
}
