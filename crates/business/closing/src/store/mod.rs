//! All SQL of closing. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod revaluations;
pub(crate) mod years;
