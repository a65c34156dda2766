//! All SQL of this domain.

pub(crate) mod elevations;
pub(crate) mod tenants;
