//! Value types and rules: pure, no I/O.

pub(crate) mod domain;
pub(crate) mod mapping;
pub(crate) mod provider;
pub(crate) mod provisioning;
