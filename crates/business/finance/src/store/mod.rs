//! All SQL of the ledger. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod accounts;
pub(crate) mod balances;
pub(crate) mod imports;
pub(crate) mod journals;
pub(crate) mod lines;
pub(crate) mod periods;
pub(crate) mod proofs;
