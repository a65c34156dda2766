//! Reads, one file each.

pub(crate) mod get_period_close;
pub(crate) mod get_period_snapshot;
pub(crate) mod list_fiscal_years;
pub(crate) mod list_period_closes;
pub(crate) mod list_revaluations;
pub(crate) mod verify_period_close;
