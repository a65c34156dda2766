//! All SQL of accounts, one file for each family of tables.

pub(crate) mod accounts;
pub(crate) mod addresses;
pub(crate) mod challenges;
pub(crate) mod factors;
pub(crate) mod links;
pub(crate) mod policies;
pub(crate) mod proofs;
pub(crate) mod recovery_codes;
