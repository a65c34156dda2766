//! The rules that need no database.

pub(crate) mod exact;
pub(crate) mod tax;
pub(crate) mod terms;
