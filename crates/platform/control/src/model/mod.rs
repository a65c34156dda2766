//! Value types and rules, without any I/O.

pub(crate) mod elevation;
pub(crate) mod tenant;
