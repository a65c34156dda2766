//! All SQL of recurring entries. A function takes a transaction and values, gives rows or `None`, and decides nothing.

use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

pub(crate) mod entries;
pub(crate) mod occurrences;

/// A stored amount with the decimals of its currency.
fn scaled(mut amount: Decimal, currency: Currency) -> Decimal {
    amount.rescale(currency.minor_units());
    amount
}
