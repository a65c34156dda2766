//! The rules of recurring entries as pure values and functions: nothing here reads or writes anything.

pub(crate) mod allocation;
pub(crate) mod drafting;
pub(crate) mod entry;
pub(crate) mod key_drafting;
pub(crate) mod occurrence;
pub(crate) mod rhythm;
