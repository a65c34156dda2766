//! Jobs, one file each.

pub(crate) mod measure_impact;
pub(crate) mod purge_decisions;
