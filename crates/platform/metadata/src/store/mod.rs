//! All SQL of the studio, one file per table.

pub(crate) mod designs;
pub(crate) mod plans;
pub(crate) mod publications;
pub(crate) mod versions;
