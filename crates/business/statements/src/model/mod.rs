//! The rules of statements as pure values and functions: nothing here reads or writes anything.

pub(crate) mod balance_sheet;
pub(crate) mod built_in;
pub(crate) mod cash_flow;
pub(crate) mod columns;
pub(crate) mod figures;
pub(crate) mod file;
pub(crate) mod income_statement;
pub(crate) mod layout;
pub(crate) mod layout_lines;
pub(crate) mod reconciliation;
pub(crate) mod statement;
pub(crate) mod trial_balance;

#[cfg(test)]
mod tests;
