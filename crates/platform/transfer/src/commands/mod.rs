//! One file per state change.

pub(crate) mod import_records;
