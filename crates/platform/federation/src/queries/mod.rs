//! One file for each read.

pub(crate) mod get_domain;
pub(crate) mod get_mapping;
pub(crate) mod get_provider;
pub(crate) mod list_domains;
pub(crate) mod list_mappings;
pub(crate) mod list_providers;
