//! Money: an exact decimal amount in a currency.

use std::{fmt, ops::Neg};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use utoipa::ToSchema;

use crate::Currency;

/// Longest amount that is read: 29 digits, the most a [`Decimal`] can hold, a sign and a point.
const MAX_AMOUNT_LEN: usize = 31;

/// An amount of money in one currency, always in whole minor units (cents for EUR), never a float.
///
/// The magnitude is below 2^96 minor units, about 7.9 × 10^28. In JSON it is
/// `{ "amount": "12.34", "currency": "EUR" }`: the amount is a string with all decimals of the currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ToSchema)]
pub struct Money {
    /// Decimal amount with a point and the decimals of the currency.
    #[schema(value_type = String, pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "12.34")]
    amount: Decimal,
    currency: Currency,
}

/// What to do with a fraction of a minor unit. Each call that rounds states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Rounding {
    /// To the nearest; a tie goes away from zero (2.345 becomes 2.35, -2.345 becomes -2.35).
    HalfUp,
    /// To the nearest; a tie goes to the even neighbour (2.345 becomes 2.34, 2.355 becomes 2.36).
    HalfEven,
    /// Towards zero: the fraction is cut off.
    Down,
    /// Away from zero: any fraction counts as a whole unit.
    Up,
}

/// Why money could not be made or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount has a fraction of a minor unit.
    #[error("{amount} has more than the {allowed} decimals of {currency}, round it first")]
    TooManyDecimals {
        /// The amount as given.
        amount: String,
        /// The currency it was given in.
        currency: Currency,
        /// How many decimals the currency has.
        allowed: u32,
    },
    /// Two currencies met in one computation.
    #[error("{left} and {right} cannot be computed together, convert one of them first")]
    CurrencyMismatch {
        /// Currency of the left operand.
        left: Currency,
        /// Currency of the right operand.
        right: Currency,
    },
    /// The result does not fit.
    #[error("the amount is out of range, keep it below 2^96 minor units")]
    OutOfRange,
    /// Nothing to divide by.
    #[error("the weights of a split sum to zero, give at least one a weight")]
    NoWeight,
    /// The weights sum to more than `u64::MAX`.
    #[error("the weights of a split are too large, scale them down until their sum fits 64 bits")]
    WeightsTooLarge,
    /// The text is empty or longer than any amount.
    #[error("an amount has 1 to {MAX_AMOUNT_LEN} characters, this text has {length}")]
    AmountLength {
        /// Length of the text in bytes.
        length: usize,
    },
    /// The text has a character that is not part of a plain decimal number.
    #[error("{character:?} is not allowed in an amount, write plain digits such as -1234.50")]
    AmountCharacter {
        /// The first character that is not allowed where it stands.
        character: char,
    },
    /// The text has no digit before or after the point.
    #[error("an amount needs a digit before and after its point, such as 0.50")]
    AmountDigits,
}

impl Money {
    /// Money of exactly this amount. Zeros at the end of the amount do not count as decimals.
    ///
    /// # Errors
    /// [`MoneyError::TooManyDecimals`] when the amount has a fraction of a minor unit; [`Money::rounded`] takes it.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let exact = amount.normalize();
        let missing =
            currency.minor_units().checked_sub(exact.scale()).ok_or_else(|| MoneyError::TooManyDecimals {
                amount: amount.to_string(),
                currency,
                allowed: currency.minor_units(),
            })?;
        let units = 10_i128.pow(missing).checked_mul(exact.mantissa()).ok_or(MoneyError::OutOfRange)?;
        Self::from_minor(units, currency)
    }

    /// Money of this amount brought to whole minor units as `rounding` says.
    pub fn rounded(amount: Decimal, currency: Currency, rounding: Rounding) -> Result<Self, MoneyError> {
        let strategy = match rounding {
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::Down => RoundingStrategy::ToZero,
            Rounding::Up => RoundingStrategy::AwayFromZero,
        };
        Self::new(amount.round_dp_with_strategy(currency.minor_units(), strategy), currency)
    }

    /// No money.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::new(0, currency.minor_units()), currency }
    }

    /// Reads a plain decimal amount: an optional minus, digits, and optionally a point and digits.
    ///
    /// A plus sign, an exponent, spaces and thousands separators are refused, and so are more decimals than
    /// the currency has, even zeros: `1.500` in EUR is more likely fifteen hundred than one and a half.
    pub fn parse_amount(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        if text.is_empty() || text.len() > MAX_AMOUNT_LEN {
            return Err(MoneyError::AmountLength { length: text.len() });
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let is_digit = |character: &char| character.is_ascii_digit();
        let stray =
            whole.chars().chain(fraction.unwrap_or_default().chars()).find(|character| !is_digit(character));
        if let Some(character) = stray {
            return Err(MoneyError::AmountCharacter { character });
        }
        if whole.is_empty() || fraction.is_some_and(str::is_empty) {
            return Err(MoneyError::AmountDigits);
        }
        let amount: Decimal = text.parse().map_err(|_| MoneyError::OutOfRange)?;
        if fraction.is_some_and(|fraction| fraction.len() > currency.minor_units() as usize) {
            return Err(MoneyError::TooManyDecimals {
                amount: text.to_owned(),
                currency,
                allowed: currency.minor_units(),
            });
        }
        Self::new(amount, currency)
    }

    /// The amount, with exactly the currency's decimals.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency of the amount.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        // Both are below 2^96, so the sum cannot leave i128; from_minor checks the range of the result.
        Self::from_minor(self.minor() + other.minor(), self.currency)
    }

    /// The difference of two amounts of one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(-other)
    }

    /// Shares the amount out by `weights`, without losing or inventing a minor unit.
    ///
    /// Each share is first cut to whole minor units; the units left over go one each to the largest cut-off
    /// fractions, earlier positions first (the largest remainder method). Shares have the sign of the amount,
    /// and a weight of zero gets nothing.
    pub fn split(&self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let mut total: u64 = 0;
        for &weight in weights {
            total = total.checked_add(weight).ok_or(MoneyError::WeightsTooLarge)?;
        }
        if total == 0 {
            return Err(MoneyError::NoWeight);
        }
        let units = self.minor().unsigned_abs();
        let total = u128::from(total);
        let (per_weight, rest) = (units / total, units % total);

        // units × weight may not fit 128 bits; rest × weight does, both being below 2^64.
        let mut shares = Vec::with_capacity(weights.len());
        let mut left_over = units;
        for (position, &weight) in weights.iter().enumerate() {
            let part = rest * u128::from(weight);
            let share = per_weight * u128::from(weight) + part / total;
            left_over -= share;
            shares.push((position, share, part % total));
        }
        shares.sort_by_key(|&(_, _, remainder)| std::cmp::Reverse(remainder));
        for (_, share, _) in &mut shares {
            if left_over == 0 {
                break;
            }
            *share += 1;
            left_over -= 1;
        }
        shares.sort_by_key(|&(position, _, _)| position);

        shares
            .into_iter()
            .map(|(_, share, _)| {
                let share = i128::try_from(share).map_err(|_| MoneyError::OutOfRange)?;
                Self::from_minor(if self.minor() < 0 { -share } else { share }, self.currency)
            })
            .collect()
    }

    /// The amount in minor units: the mantissa, since the scale is always the currency's.
    const fn minor(&self) -> i128 {
        self.amount.mantissa()
    }

    fn from_minor(units: i128, currency: Currency) -> Result<Self, MoneyError> {
        let amount = Decimal::try_from_i128_with_scale(units, currency.minor_units())
            .map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self { amount, currency })
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        // A negative zero would print a sign.
        if self.is_zero() { self } else { Self { amount: -self.amount, ..self } }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Money", 2)?;
        object.serialize_field("amount", &self.amount.to_string())?;
        object.serialize_field("currency", &self.currency)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Money", deny_unknown_fields)]
        struct Wire {
            amount: String,
            currency: Currency,
        }
        let wire = Wire::deserialize(deserializer)?;
        Self::parse_amount(&wire.amount, wire.currency).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
