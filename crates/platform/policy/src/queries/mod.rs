//! Reads, one file each.

pub(crate) mod check_access;
pub(crate) mod compare_versions;
pub(crate) mod explain_decision;
pub(crate) mod get_network;
pub(crate) mod get_pack;
pub(crate) mod get_policy;
pub(crate) mod get_version;
pub(crate) mod list_access;
pub(crate) mod list_decisions;
pub(crate) mod list_holders;
pub(crate) mod list_networks;
pub(crate) mod list_packs;
pub(crate) mod list_policies;
pub(crate) mod list_shadow_differences;
pub(crate) mod list_shadows;
pub(crate) mod list_tests;
pub(crate) mod list_versions;
