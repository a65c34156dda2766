//! All SQL of this domain, one file per table family.

pub(crate) mod dismissals;
pub(crate) mod groups;
