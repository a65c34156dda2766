//! One file per read.

pub(crate) mod compare_versions;
pub(crate) mod export_bundle;
pub(crate) mod get_entity;
pub(crate) mod get_template;
pub(crate) mod get_version;
pub(crate) mod list_entities;
pub(crate) mod list_templates;
pub(crate) mod list_versions;
