//! One file per read.

pub(crate) mod aggregate_records;
pub(crate) mod count_records;
pub(crate) mod get_entity;
pub(crate) mod get_record;
pub(crate) mod list_entities;
pub(crate) mod list_records;
pub(crate) mod list_revisions;
