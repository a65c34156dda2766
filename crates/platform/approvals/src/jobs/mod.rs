//! Background jobs, one file each.

pub(crate) mod expire_requests;
