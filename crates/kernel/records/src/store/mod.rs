//! All SQL of the records service, one file per table family.

pub(crate) mod definitions;
pub(crate) mod entities;
pub(crate) mod lists;
pub(crate) mod many;
pub(crate) mod matches;
pub(crate) mod merges;
pub(crate) mod records;
pub(crate) mod redesign;
pub(crate) mod references;
pub(crate) mod revisions;
pub(crate) mod tables;
pub(crate) mod traces;
pub(crate) mod unique;
