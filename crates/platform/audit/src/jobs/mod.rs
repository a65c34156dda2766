//! Work that is done later, one file each.

pub(crate) mod apply_retention;
pub(crate) mod verify_trail;
