//! Background jobs, one file each.

pub(crate) mod purge_sessions;
pub(crate) mod reseal_values;
