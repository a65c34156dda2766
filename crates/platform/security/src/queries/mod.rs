//! Reads, one file each.

pub(crate) mod list_own_sessions;
pub(crate) mod list_sessions;
