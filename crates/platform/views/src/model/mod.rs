//! Value types without any I/O.

pub(crate) mod view;
