//! The rules of the general ledger as pure values and functions: accounts and their tree, which account plays a part, periods,
//! journals, and what their lines are worth. Nothing here reads or writes anything; the ledger itself is `business/finance`.

pub mod account;
pub mod account_rule;
pub mod chart;
pub mod days;
pub mod draft;
pub mod entry;
pub mod journal;
mod journal_life;
pub mod legal_entity;
pub mod period;
pub mod rate;
pub mod text;
pub mod words;
