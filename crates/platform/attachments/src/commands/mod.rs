//! One file for each state change.

pub(crate) mod upload_attachment;
