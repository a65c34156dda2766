//! Numbers as callers write them, and shares of amounts.

use athyper_kernel_types::{Currency, Money, Rounding};
use rust_decimal::Decimal;
use serde::{Deserialize as _, Deserializer, de};

/// Reads a decimal that is written as a text of digits, never as a number of JSON, which would be a float.
///
/// # Errors
/// When it is something else.
pub(crate) fn plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// The same, where it may be left out.
///
/// # Errors
/// When it is something else.
pub(crate) fn plain_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse(&text).map_err(de::Error::custom)).transpose()
}

fn parse(text: &str) -> Result<Decimal, &'static str> {
    let is_plain = text.len() <= 31 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let number: Option<Decimal> = text.parse().ok().filter(|_| is_plain);
    number.ok_or("write a decimal as a text, such as \"12.34\"")
}

/// An amount times a number, rounded half up to the minor unit of a currency; `None` beyond what can be counted.
pub(crate) fn times(amount: Decimal, by: Decimal, currency: Currency) -> Option<Decimal> {
    let product = amount.checked_mul(by)?;
    Money::rounded(product, currency, Rounding::HalfUp).ok().map(Money::amount)
}

/// So many per cent of an amount, rounded half up to the minor unit of a currency.
pub(crate) fn percent(amount: Decimal, percent: Decimal, currency: Currency) -> Option<Decimal> {
    times(amount, percent.checked_div(Decimal::ONE_HUNDRED)?, currency)
}

/// An amount on the other side. Nothing is nothing on either: zero has no sign.
pub(crate) fn negated(amount: Decimal) -> Decimal {
    if amount.is_zero() { amount.abs() } else { -amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        let found = ["0.00", "-0.00", "1.50", "-1.50"].map(|text| negated(parse(text).unwrap()).to_string());
        assert_eq!(found, ["0.00", "0.00", "-1.50", "1.50"]);
    }

    #[test]
    fn only_plain_decimals_are_taken() {
        for text in ["0", "12.34", "-12.34", "0.000000000001"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in ["", "1e3", "+1", "1,5", "NaN", "1-2", "1_000"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
