//! Amounts in base currency: how they are read, stored and spread over months.

use athyper_kernel_types::{Currency, Money};
use rust_decimal::Decimal;

/// Amounts from here on are refused: 15 digits before the point leave room to sum in.
const TOO_LARGE: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

/// A stored amount with the decimals of its currency.
pub(crate) fn stored(mut amount: Decimal, currency: Currency) -> Decimal {
    amount.rescale(currency.minor_units());
    amount
}

/// Reads an amount of the currency, of either sign.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn parse(text: &str, currency: Currency) -> Result<Decimal, String> {
    let amount = Money::parse_amount(text, currency).map_err(|error| error.to_string())?.amount();
    within(amount)
}

/// Reads an amount above zero.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn parse_positive(text: &str, currency: Currency) -> Result<Decimal, String> {
    positive(parse(text, currency)?, currency)
}

/// An amount above zero in whole minor units, as given.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn positive(amount: Decimal, currency: Currency) -> Result<Decimal, String> {
    let amount = Money::new(amount, currency).map_err(|error| error.to_string())?.amount();
    if amount <= Decimal::ZERO {
        return Err("the amount must be above zero".to_owned());
    }
    within(amount)
}

fn within(amount: Decimal) -> Result<Decimal, String> {
    if amount.abs() >= TOO_LARGE {
        return Err("an amount has at most 15 digits before the point".to_owned());
    }
    Ok(amount)
}

/// A year's amount over its months by weights, exact to the minor unit: each share is cut, and the units that are left go to the
/// largest remainders, earlier months first.
///
/// # Errors
/// What is wrong with the weights, for people.
pub(crate) fn spread(amount: Decimal, currency: Currency, weights: &[u64]) -> Result<Vec<Decimal>, String> {
    let money = Money::new(amount, currency).map_err(|error| error.to_string())?;
    let shares = money.split(weights).map_err(|error| error.to_string())?;
    Ok(shares.into_iter().map(Money::amount).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn a_year_is_spread_by_the_largest_remainder() {
        // 100.00 over twelve equal months: 8.33 each leaves four cents, which go to the first four months.
        let months = spread("100.00".parse().unwrap(), currency("EUR"), &[1; 12]).unwrap();
        let texts: Vec<String> = months.iter().map(Decimal::to_string).collect();
        assert_eq!(texts[..5], ["8.34", "8.34", "8.34", "8.34", "8.33"]);
        assert_eq!(months.iter().sum::<Decimal>().to_string(), "100.00");
        assert!(spread(Decimal::ONE, currency("JPY"), &[0; 12]).is_err());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_made_by_spreading(
            units in -1_000_000_000_i64..1_000_000_000,
            weights in proptest::collection::vec(0_u64..1000, 12),
            code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
        ) {
            prop_assume!(weights.iter().sum::<u64>() > 0);
            let currency = currency(code);
            let amount = Decimal::new(units, currency.minor_units());
            let months = spread(amount, currency, &weights).unwrap();
            prop_assert_eq!(months.iter().sum::<Decimal>(), amount);
            let total: u64 = weights.iter().sum();
            for (month, weight) in months.iter().zip(&weights) {
                let exact = amount * Decimal::from(*weight) / Decimal::from(total);
                prop_assert!((*month - exact).abs() < Decimal::new(1, currency.minor_units()) + Decimal::new(1, 12));
            }
        }
    }
}
