//! The values and rules that need no database.

pub(crate) mod binding;
pub(crate) mod group;
pub(crate) mod key;
pub(crate) mod org_unit;
pub(crate) mod principal;
pub(crate) mod profile;
pub(crate) mod role;
