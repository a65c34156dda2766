//! All SQL of this domain, one file for each family of tables.

pub(crate) mod decisions;
pub(crate) mod differences;
pub(crate) mod networks;
pub(crate) mod policies;
pub(crate) mod replays;
pub(crate) mod shadows;
pub(crate) mod tests;
pub(crate) mod versions;
