//! The rules of the ledger as pure values and functions: nothing here reads or writes anything.

pub(crate) mod account;
pub(crate) mod account_file;
pub(crate) mod account_rule;
pub(crate) mod amount;
pub(crate) mod balance;
pub(crate) mod chart;
pub(crate) mod csv_table;
pub(crate) mod days;
pub(crate) mod entry;
pub(crate) mod journal;
pub(crate) mod journal_file;
pub(crate) mod legal_entity;
pub(crate) mod period;
pub(crate) mod rate;
pub(crate) mod text;
