//! All SQL of this domain. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod balances;
pub(crate) mod imports;
