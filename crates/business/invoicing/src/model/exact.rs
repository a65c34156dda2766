//! Exact fractions: what taxes are computed with before anything is rounded.

use athyper_kernel_types::{Currency, Money, Rounding};
use rust_decimal::Decimal;

/// A number outside of what can be computed exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large or its rates have too many decimals to be computed exactly")]
pub(crate) struct OutOfRange;

/// A fraction in lowest terms; the denominator is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    /// Zero.
    pub(crate) const ZERO: Self = Self { num: 0, den: 1 };
    /// One.
    pub(crate) const ONE: Self = Self { num: 1, den: 1 };

    fn new(num: i128, den: i128) -> Result<Self, OutOfRange> {
        if den == 0 {
            return Err(OutOfRange);
        }
        let shared = i128::try_from(gcd(num.unsigned_abs(), den.unsigned_abs())).map_err(|_| OutOfRange)?;
        let sign = if den < 0 { -1 } else { 1 };
        Ok(Self { num: sign * (num / shared), den: sign * (den / shared) })
    }

    /// The fraction that a decimal is.
    pub(crate) fn of(number: Decimal) -> Result<Self, OutOfRange> {
        let number = number.normalize();
        let den = 10_i128.checked_pow(number.scale()).ok_or(OutOfRange)?;
        Self::new(number.mantissa(), den)
    }

    /// A percentage as a fraction of one.
    pub(crate) fn percent(percent: Decimal) -> Result<Self, OutOfRange> {
        Self::of(percent)?.over(Self { num: 100, den: 1 })
    }

    /// The sum.
    pub(crate) fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        // Over the least common denominator, so that sums of many stay small.
        let shared =
            i128::try_from(gcd(self.den.unsigned_abs(), other.den.unsigned_abs())).map_err(|_| OutOfRange)?;
        let left = self.num.checked_mul(other.den / shared).ok_or(OutOfRange)?;
        let right = other.num.checked_mul(self.den / shared).ok_or(OutOfRange)?;
        let den = (self.den / shared).checked_mul(other.den).ok_or(OutOfRange)?;
        Self::new(left.checked_add(right).ok_or(OutOfRange)?, den)
    }

    /// The difference.
    pub(crate) fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        self.plus(other.negated())
    }

    /// The product.
    pub(crate) fn times(self, other: Self) -> Result<Self, OutOfRange> {
        // Each numerator is cut against the other denominator first.
        let (left, right) = (Self::new(self.num, other.den)?, Self::new(other.num, self.den)?);
        let num = left.num.checked_mul(right.num).ok_or(OutOfRange)?;
        Self::new(num, left.den.checked_mul(right.den).ok_or(OutOfRange)?)
    }

    /// The quotient; there is none by zero.
    pub(crate) fn over(self, other: Self) -> Result<Self, OutOfRange> {
        self.times(Self::new(other.den, other.num)?)
    }

    /// The same with the other sign.
    pub(crate) const fn negated(self) -> Self {
        Self { num: -self.num, den: self.den }
    }

    /// Whether it is above zero.
    pub(crate) const fn is_positive(self) -> bool {
        self.num > 0
    }

    /// Money of this amount in whole minor units.
    pub(crate) fn to_money(self, currency: Currency, rounding: Rounding) -> Result<Money, OutOfRange> {
        let scaled = self.times(Self { num: 10_i128.pow(currency.minor_units()), den: 1 })?;
        money(scaled.rounded(rounding)?, currency)
    }

    fn rounded(self, rounding: Rounding) -> Result<i128, OutOfRange> {
        let (whole, rest) = (self.num / self.den, self.num % self.den);
        let twice = rest.unsigned_abs().checked_mul(2).ok_or(OutOfRange)?;
        let half = twice.cmp(&self.den.unsigned_abs());
        let away = match rounding {
            Rounding::HalfUp => half.is_ge(),
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && whole % 2 != 0),
            Rounding::Down => false,
            Rounding::Up => rest != 0,
        };
        Ok(if away { whole + self.num.signum() } else { whole })
    }
}

/// Brings shares to whole minor units so that they sum up to `total`: each is cut down to a whole unit, and what is lacking
/// goes one unit each to those that lost most, earlier ones first (the largest remainder method, for shares of either sign).
///
/// `total` must be the sum of the shares, rounded in whatever way.
pub(crate) fn spread(shares: &[Ratio], total: Money) -> Result<Vec<Money>, OutOfRange> {
    let currency = total.currency();
    let unit = Ratio { num: 10_i128.pow(currency.minor_units()), den: 1 };
    let mut cut = Vec::with_capacity(shares.len());
    let mut lacking = total.amount().mantissa();
    for (place, share) in shares.iter().enumerate() {
        let scaled = share.times(unit)?;
        let whole = scaled.num.div_euclid(scaled.den);
        let lost = scaled.minus(Ratio { num: whole, den: 1 })?;
        lacking = lacking.checked_sub(whole).ok_or(OutOfRange)?;
        cut.push((place, whole, lost));
    }
    let mut order: Vec<usize> = (0..cut.len()).collect();
    let lost = |place: &usize| cut.get(*place).map_or(Ratio::ZERO, |(_, _, lost)| *lost);
    order.sort_by(|left, right| compare(lost(right), lost(left)));
    let mut wholes: Vec<i128> = cut.iter().map(|(_, whole, _)| *whole).collect();
    for place in order {
        if lacking <= 0 {
            break;
        }
        if let Some(whole) = wholes.get_mut(place) {
            *whole += 1;
            lacking -= 1;
        }
    }
    if lacking != 0 {
        return Err(OutOfRange);
    }
    wholes.into_iter().map(|whole| money(whole, currency)).collect()
}

/// Compares two fractions from zero to below one.
fn compare(left: Ratio, right: Ratio) -> std::cmp::Ordering {
    match left.minus(right) {
        Ok(difference) => difference.num.cmp(&0),
        // Too long to subtract: they differ beyond what decides a minor unit fairly.
        Err(OutOfRange) => std::cmp::Ordering::Equal,
    }
}

fn money(units: i128, currency: Currency) -> Result<Money, OutOfRange> {
    let amount = Decimal::try_from_i128_with_scale(units, currency.minor_units()).map_err(|_| OutOfRange)?;
    Money::new(amount, currency).map_err(|_| OutOfRange)
}

fn gcd(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn ratio(text: &str) -> Ratio {
        Ratio::of(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_tie_that_no_decimal_shows_is_still_a_tie() {
        // 0.11 / 22 is half a cent; 0.11 / 1.21 has no end as a decimal.
        let half = ratio("0.11").times(ratio("0.055")).unwrap().over(ratio("1.21")).unwrap();
        for (rounding, expected) in [
            (Rounding::HalfUp, "0.01"),
            (Rounding::HalfEven, "0.00"),
            (Rounding::Down, "0.00"),
            (Rounding::Up, "0.01"),
        ] {
            assert_eq!(half.to_money(eur(), rounding).unwrap().amount().to_string(), expected);
            let negative = half.negated().to_money(eur(), rounding).unwrap();
            assert_eq!(-negative, half.to_money(eur(), rounding).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_computed_exactly_is_refused() {
        assert_eq!(Ratio::ONE.over(Ratio::ZERO), Err(OutOfRange));
        let long = ratio("7922816251426433759354395033.7");
        assert_eq!(
            long.times(ratio("0.0000000000000000000000000003")).and_then(|r| r.times(long)),
            Err(OutOfRange)
        );
    }

    proptest! {
        #[test]
        fn rounding_is_that_of_money(units in any::<i64>(), scale in 0_u32..9) {
            let amount = Decimal::new(units, scale);
            for rounding in [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up] {
                let expected = Money::rounded(amount, eur(), rounding).unwrap();
                prop_assert_eq!(Ratio::of(amount).unwrap().to_money(eur(), rounding).unwrap(), expected);
            }
        }

        #[test]
        fn a_spread_sums_exactly_and_is_fair(
            shares in prop::collection::vec((-1_000_000_i64..1_000_000, 1_i64..500), 1..12),
        ) {
            // Few denominators, as the lines of a document have.
            let den = shares[0].1;
            let shares: Vec<Ratio> = shares
                .iter()
                .map(|(num, _)| Ratio::new((*num).into(), i128::from(den) * 100).unwrap())
                .collect();
            let sum = shares.iter().try_fold(Ratio::ZERO, |sum, share| sum.plus(*share)).unwrap();
            let total = sum.to_money(eur(), Rounding::HalfUp).unwrap();
            let parts = spread(&shares, total).unwrap();
            let back = parts.iter().try_fold(Money::zero(eur()), |sum, part| sum.checked_add(*part)).unwrap();
            prop_assert_eq!(back, total);
            for (part, share) in parts.iter().zip(&shares) {
                let off = Ratio::of(part.amount()).unwrap().minus(*share).unwrap();
                let cent = ratio("0.01");
                prop_assert!(cent.minus(off).unwrap().is_positive() && cent.plus(off).unwrap().is_positive());
            }
        }
    }
}
