//! Amounts as callers write them and as they are stored.

use athyper_kernel_types::{Currency, Money};
use rust_decimal::Decimal;

/// From here on an amount is refused: 15 digits before the point are enough, and leave room to sum in.
const TOO_LARGE: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

/// Reads an amount that is not zero, with at most the decimals of the currency.
///
/// # Errors
/// In words for the caller.
pub(crate) fn read(text: &str, currency: Currency) -> Result<Decimal, String> {
    let amount = Money::parse_amount(text, currency).map_err(|error| error.to_string())?.amount();
    if amount.is_zero() {
        return Err("the amount must not be zero".to_owned());
    }
    if amount.abs() >= TOO_LARGE {
        return Err("an amount has at most 15 digits before the point".to_owned());
    }
    Ok(amount)
}

/// A stored amount with the decimals of its currency.
pub(crate) fn stored(amount: Decimal, currency: Currency) -> Decimal {
    Money::new(amount, currency).map_or(amount, Money::amount)
}
