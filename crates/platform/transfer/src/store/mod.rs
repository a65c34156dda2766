//! All SQL of import and export, one file per table.

pub(crate) mod errors;
pub(crate) mod imports;
