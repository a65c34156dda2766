//! The rules of closing as pure values and functions: nothing here reads or writes anything.

pub(crate) mod close;
pub(crate) mod revaluation;
pub(crate) mod snapshot;
pub(crate) mod subledger;
pub(crate) mod year;
