//! Jobs, one file each.

pub(crate) mod purge_decisions;
