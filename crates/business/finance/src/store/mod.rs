//! All SQL of the ledger. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod account_lines;
pub(crate) mod account_rules;
pub(crate) mod accounts;
pub(crate) mod allocations;
pub(crate) mod balances;
pub(crate) mod close_proofs;
pub(crate) mod dimensions;
pub(crate) mod guards;
pub(crate) mod items;
pub(crate) mod journals;
pub(crate) mod legal_entities;
pub(crate) mod lines;
pub(crate) mod movements;
pub(crate) mod periods;
pub(crate) mod posted;
pub(crate) mod proofs;
pub(crate) mod rates;
pub(crate) mod turnovers;
