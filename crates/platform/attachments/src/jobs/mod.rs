//! One file per background job.

pub(crate) mod remove_attachments;
