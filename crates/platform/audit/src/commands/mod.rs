//! State changes, one file each.

pub(crate) mod create_legal_hold;
pub(crate) mod create_retention_policy;
pub(crate) mod delete_retention_policy;
pub(crate) mod erase_person;
pub(crate) mod release_legal_hold;
pub(crate) mod update_retention_policy;
pub(crate) mod verify_trail;
