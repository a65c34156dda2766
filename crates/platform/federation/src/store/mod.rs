//! All SQL of this domain, one file for each family of tables.

pub(crate) mod domain_owners;
pub(crate) mod domains;
pub(crate) mod gifts;
pub(crate) mod mappings;
pub(crate) mod providers;
