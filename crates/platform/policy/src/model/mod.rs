//! Policies and their tests: pure, no I/O.

pub(crate) mod change;
pub(crate) mod decision;
pub(crate) mod diff;
pub(crate) mod network;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod shadow;
pub(crate) mod test_case;
pub(crate) mod warnings;
