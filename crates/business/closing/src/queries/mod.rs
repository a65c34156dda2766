//! Reads, one file each.

pub(crate) mod list_fiscal_years;
pub(crate) mod list_revaluations;
