//! All SQL that writes the ledger, and reads what is needed to; what reports read is in `kernel/ledger-books`. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod account_rules;
pub(crate) mod accounts;
pub(crate) mod allocations;
pub(crate) mod balances;
pub(crate) mod drafts;
pub(crate) mod guards;
pub(crate) mod items;
pub(crate) mod journals;
pub(crate) mod legal_entities;
pub(crate) mod lines;
pub(crate) mod periods;
pub(crate) mod rates;

/// Values of these types as arrays, from `$first` on.
fn arrays(first: usize, types: &[&str]) -> String {
    let each: Vec<String> = (first..).zip(types).map(|(at, of)| format!("${at}::{of}[]")).collect();
    each.join(", ")
}
