//! One file for each background job, and what the import has in parts.

mod batch;
pub(crate) mod import_records;
pub(crate) mod purge_imports;
mod source;
