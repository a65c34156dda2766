//! All SQL.

pub(crate) mod requests;
