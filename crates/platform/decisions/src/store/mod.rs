//! All SQL of this domain.

pub(crate) mod models;
pub(crate) mod versions;
