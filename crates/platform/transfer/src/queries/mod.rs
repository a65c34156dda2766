//! Reads, one file each.

pub(crate) mod export_records;
pub(crate) mod get_import;
pub(crate) mod list_import_errors;
pub(crate) mod list_imports;
