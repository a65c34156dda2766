//! Work that is done later, one file each.

pub(crate) mod make_occurrences;
