//! Background jobs, one file each.

pub(crate) mod purge_sessions;
