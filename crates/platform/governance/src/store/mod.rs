//! All SQL of this domain, one file for each family of tables.

pub(crate) mod reviews;
pub(crate) mod separation;
