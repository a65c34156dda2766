//! All SQL of budgeting. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod budgets;
pub(crate) mod commitments;
pub(crate) mod figures;
pub(crate) mod funds;
pub(crate) mod lines;
pub(crate) mod movements;
pub(crate) mod overruns;
pub(crate) mod transfers;
