//! All SQL that reads the books.

pub mod account_lines;
pub mod balances;
pub mod close_proofs;
pub mod dimensions;
pub(crate) mod movements;
pub(crate) mod posted;
pub mod proofs;
pub(crate) mod turnovers;
