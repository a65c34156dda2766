//! One file for each state change.

pub(crate) mod create_domain;
pub(crate) mod create_mapping;
pub(crate) mod create_provider;
pub(crate) mod delete_domain;
pub(crate) mod delete_mapping;
pub(crate) mod delete_provider;
pub(crate) mod disable_provider;
pub(crate) mod enable_provider;
pub(crate) mod test_provider;
pub(crate) mod update_domain;
pub(crate) mod update_provider;
pub(crate) mod verify_domain;
