//! Reads, one file each.

pub(crate) mod get_entry;
pub(crate) mod get_occurrence;
pub(crate) mod list_entries;
pub(crate) mod list_occurrences;
pub(crate) mod preview_allocation;
pub(crate) mod preview_entry;
