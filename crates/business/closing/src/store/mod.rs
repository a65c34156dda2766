//! All SQL of closing. A function takes a transaction and values, gives rows or `None`, and decides nothing.

use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

pub(crate) mod closes;
pub(crate) mod revaluations;
pub(crate) mod snapshots;
pub(crate) mod steps;
pub(crate) mod years;

/// A stored amount with the decimals of its currency.
fn scaled(mut amount: Decimal, currency: Currency) -> Decimal {
    amount.rescale(currency.minor_units());
    amount
}
