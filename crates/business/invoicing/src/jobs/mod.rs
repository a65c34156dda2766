//! One file for each background job.

pub(crate) mod send_reminders;
