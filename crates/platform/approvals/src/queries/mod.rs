//! Reads, one file each.

pub(crate) mod get_request;
pub(crate) mod list_requests;
