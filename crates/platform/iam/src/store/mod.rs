//! All SQL of this domain, one file for each family of tables.

pub(crate) mod access;
pub(crate) mod bindings;
pub(crate) mod contacts;
pub(crate) mod directory;
mod directory_places;
pub(crate) mod federated;
pub(crate) mod groups;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod members;
pub(crate) mod names;
pub(crate) mod org_units;
pub(crate) mod people;
pub(crate) mod principals;
pub(crate) mod roles;
pub(crate) mod subjects;
