//! What rows of opening balances become in the ledger: journals that balance, with as little on the opening balance account as that
//! takes.
//!
//! A journal balances in each of its currencies and in base currency, and balances of several currencies seldom do. What the rows of a
//! currency lack therefore stands on the account that plays the part `opening_balance`, in that currency and at what the rows say that
//! they are worth. In base currency all of that sums up to what whoever sends the file states, which is zero unless they say
//! otherwise: nothing is made up to make a file balance.

use std::collections::BTreeMap;

use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

use super::balance_file::{BalanceRow, RATE_TOO_LARGE, rate};

/// How many rows a journal has at most. Each may need a line against it, and a journal has at most 1,000 lines.
const MOST_ROWS: usize = 500;

/// A line on the account that plays the part `opening_balance`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leg {
    /// The currency.
    pub(crate) currency: Currency,
    /// How much, debit positive; not zero.
    pub(crate) amount: Decimal,
    /// What it is worth in base currency, on the same side.
    pub(crate) base: Decimal,
    /// The values of dimensions whose lines each balance.
    pub(crate) dimensions: BTreeMap<String, String>,
}

/// A journal: some rows, and what they stand against.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part<'r> {
    /// The rows.
    pub(crate) rows: &'r [BalanceRow],
    /// What balances them.
    pub(crate) legs: Vec<Leg>,
}

/// What rows sum up to on each side, debit positive: amount and worth.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    debit: (Decimal, Decimal),
    credit: (Decimal, Decimal),
}

/// By how much rows differ, in base currency and debit positive, from what is to be left to the opening balance account. Zero is as
/// it should be.
pub(crate) fn difference(rows: &[BalanceRow], opening_balance: Decimal) -> Decimal {
    rows.iter().map(|row| row.base).sum::<Decimal>() + opening_balance
}

/// The journals of rows, in books of this base currency. `balancing` has the keys of the dimensions whose values each have lines that
/// balance.
pub(crate) fn parts<'r>(rows: &'r [BalanceRow], base: Currency, balancing: &[String]) -> Vec<Part<'r>> {
    rows.chunks(MOST_ROWS).map(|rows| Part { rows, legs: legs(rows, base, balancing) }).collect()
}

/// What balances rows in each of their currencies and in base currency.
fn legs(rows: &[BalanceRow], base: Currency, balancing: &[String]) -> Vec<Leg> {
    let mut sums: BTreeMap<(Currency, BTreeMap<String, String>), Sums> = BTreeMap::new();
    for row in rows {
        let mut dimensions = row.dimensions.clone();
        dimensions.retain(|key, _| balancing.contains(key));
        let sums = sums.entry((row.amount.currency(), dimensions)).or_default();
        let side = if row.amount.amount() > Decimal::ZERO { &mut sums.debit } else { &mut sums.credit };
        *side = (side.0 + row.amount.amount(), side.1 + row.base);
    }
    let mut legs = Vec::new();
    for ((currency, dimensions), Sums { debit, credit }) in sums {
        let net = (debit.0 + credit.0, debit.1 + credit.1);
        // One line is enough where it is worth something on its own side; else each side of the rows has its own.
        let is_plain = net.0.is_zero() == net.1.is_zero()
            && (net.0 >= Decimal::ZERO) == (net.1 >= Decimal::ZERO)
            && (net.0.is_zero() || rate(net.0, net.1) < RATE_TOO_LARGE);
        let against = if currency == base || is_plain { vec![net] } else { vec![debit, credit] };
        let against = against.into_iter().filter(|(amount, _)| !amount.is_zero());
        legs.extend(against.map(|(amount, worth)| Leg {
            currency,
            amount: -amount,
            base: -worth,
            dimensions: dimensions.clone(),
        }));
    }
    legs
}

#[cfg(test)]
mod tests;
