//! Value types and rules, without I/O.

pub(crate) mod request;
