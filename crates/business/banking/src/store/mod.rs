//! All SQL of this domain, one file for each family of tables.

pub(crate) mod accounts;
pub(crate) mod close_proofs;
pub(crate) mod learned;
pub(crate) mod line_row;
pub(crate) mod lines;
pub(crate) mod payments;
pub(crate) mod reconciliations;
pub(crate) mod rules;
pub(crate) mod runs;
pub(crate) mod statements;
