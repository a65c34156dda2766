//! One file per state change.

pub(crate) mod check_values;
pub(crate) mod create_dismissal;
pub(crate) mod delete_dismissal;
pub(crate) mod merge_records;
