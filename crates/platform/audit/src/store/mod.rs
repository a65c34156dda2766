//! All SQL of this service, one file for each family of tables.

pub(crate) mod chain;
pub(crate) mod checkpoints;
pub(crate) mod erasures;
pub(crate) mod events;
pub(crate) mod holds;
pub(crate) mod policies;
pub(crate) mod removals;
pub(crate) mod trail;
