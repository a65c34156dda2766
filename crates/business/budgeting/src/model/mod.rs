//! The rules of budgets as pure values and functions: nothing here reads or writes anything.

pub(crate) mod budget;
pub(crate) mod commitment;
pub(crate) mod drafting;
pub(crate) mod figures;
pub(crate) mod fund;
pub(crate) mod line;
pub(crate) mod money;
pub(crate) mod plan;
pub(crate) mod transfer;
