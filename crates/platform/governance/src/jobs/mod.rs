//! One file for each background job.

pub(crate) mod close_due_reviews;
