//! Background jobs, one file each.

pub(crate) mod forget;
