//! Work that is done later, one file each.

pub(crate) mod plan_entity;
pub(crate) mod publish_entity;
