//! All SQL of statements. A function takes a transaction and values, gives rows or `None`, and decides nothing.

pub(crate) mod layouts;
