//! The rules as pure values and functions: nothing here reads or writes anything.

pub(crate) mod account_file;
pub(crate) mod balance_file;
pub(crate) mod chart_plan;
pub(crate) mod chart_template;
pub(crate) mod csv_table;
pub(crate) mod journal_file;
pub(crate) mod opening;
pub(crate) mod opening_balances;
