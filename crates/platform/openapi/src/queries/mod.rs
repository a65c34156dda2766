//! One file for each read.

pub(crate) mod get_openapi;
