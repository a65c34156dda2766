//! Exact numbers of any length, for what arithmetic makes on the way.
//!
//! Sums and products are never rounded and never overflow, so that they mean what PostgreSQL's `numeric` means without
//! a check after each step. Their length is bounded by the number of operations that an expression may have.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use rust_decimal::Decimal;

/// Decimal places of a quotient of decimals.
pub(crate) const QUOTIENT_PLACES: u32 = 10;

/// A number: `digits / 10^scale`.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    digits: BigInt,
    scale: u32,
}

fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

impl Number {
    pub(crate) fn from_int(value: i64) -> Self {
        Self { digits: BigInt::from(value), scale: 0 }
    }

    pub(crate) fn from_decimal(value: Decimal) -> Self {
        Self { digits: BigInt::from(value.mantissa()), scale: value.scale() }
    }

    /// Reads `12`, `-1.50` or `1.5e3`: at most 1,000 characters and an exponent of at most 100.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > 1_000 {
            return None;
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let unsigned = whole.strip_prefix('-').unwrap_or(whole);
        let digits_only = unsigned.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if exponent.abs() > 100 || !digits_only || (unsigned.is_empty() && fraction.is_empty()) {
            return None;
        }
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        Some(match u32::try_from(scale) {
            Ok(scale) => Self { digits, scale },
            Err(_) => Self { digits: digits * power(scale.unsigned_abs()), scale: 0 },
        })
    }

    /// Both with the same scale.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, u32) {
        let scale = self.scale.max(other.scale);
        (&self.digits * power(scale - self.scale), &other.digits * power(scale - other.scale), scale)
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let (left, right, scale) = self.aligned(other);
        Self { digits: left + right, scale }
    }

    pub(crate) fn subtract(&self, other: &Self) -> Self {
        let (left, right, scale) = self.aligned(other);
        Self { digits: left - right, scale }
    }

    pub(crate) fn multiply(&self, other: &Self) -> Self {
        Self { digits: &self.digits * &other.digits, scale: self.scale + other.scale }
    }

    pub(crate) fn negate(&self) -> Self {
        Self { digits: -&self.digits, scale: self.scale }
    }

    pub(crate) fn abs(&self) -> Self {
        Self { digits: BigInt::from(self.digits.magnitude().clone()), scale: self.scale }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    /// The whole quotient, cut towards zero; none for division by zero.
    pub(crate) fn divide_whole(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let (left, right, _) = self.aligned(other);
        Some(Self { digits: left / right, scale: 0 })
    }

    /// What the whole quotient leaves, with the sign of the dividend; none for division by zero.
    pub(crate) fn remainder(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let (left, right, scale) = self.aligned(other);
        Some(Self { digits: left % right, scale })
    }

    /// The quotient to ten places, half away from zero; none for division by zero.
    pub(crate) fn divide(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let (left, right, _) = self.aligned(other);
        let digits = divide_rounded(&(left * power(QUOTIENT_PLACES)), &right);
        Some(Self { digits, scale: QUOTIENT_PLACES })
    }

    /// Cut to a whole number, towards zero.
    pub(crate) fn truncate(&self) -> Self {
        Self { digits: &self.digits / power(self.scale), scale: 0 }
    }

    /// To this many places, half away from zero.
    pub(crate) fn round(&self, places: u32) -> Self {
        if self.scale <= places {
            return self.clone();
        }
        Self { digits: divide_rounded(&self.digits, &power(self.scale - places)), scale: places }
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let (left, right, _) = self.aligned(other);
        left.cmp(&right)
    }

    /// As a whole number of 64 bits, if it is one.
    pub(crate) fn to_int(&self) -> Option<i64> {
        let whole = self.shortest();
        if whole.scale == 0 { i64::try_from(&whole.digits).ok() } else { None }
    }

    /// As a decimal, if it is one exactly.
    pub(crate) fn to_decimal(&self) -> Option<Decimal> {
        let direct = |number: &Self| {
            let mantissa = i128::try_from(&number.digits).ok()?;
            Decimal::try_from_i128_with_scale(mantissa, number.scale).ok()
        };
        direct(self).or_else(|| direct(&self.shortest()))
    }

    /// As a decimal, rounded to as many places as fit; none if it is too large.
    pub(crate) fn to_decimal_rounded(&self) -> Option<Decimal> {
        self.to_decimal().or_else(|| (0..=28).rev().find_map(|places| self.round(places).to_decimal()))
    }

    /// Without zeros at the end of the fraction.
    fn shortest(&self) -> Self {
        let ten = BigInt::from(10);
        let mut short = self.clone();
        while short.scale > 0 && (&short.digits % &ten).sign() == Sign::NoSign {
            short.digits /= &ten;
            short.scale -= 1;
        }
        short
    }

    /// In plain digits, without zeros at the end of the fraction.
    pub(crate) fn to_text(&self) -> String {
        let short = self.shortest();
        let digits = short.digits.magnitude().to_string();
        let sign = if short.digits.sign() == Sign::Minus { "-" } else { "" };
        let scale = short.scale as usize;
        if scale == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        format!("{sign}{whole}.{fraction}")
    }
}

/// The quotient of two whole numbers, half away from zero. The divisor is not zero.
fn divide_rounded(left: &BigInt, right: &BigInt) -> BigInt {
    let (top, bottom) = (BigInt::from(left.magnitude().clone()), BigInt::from(right.magnitude().clone()));
    let rounded: BigInt = (top * 2 + &bottom) / (bottom * 2);
    let negative = (left.sign() == Sign::Minus) != (right.sign() == Sign::Minus);
    if negative { -rounded } else { rounded }
}
