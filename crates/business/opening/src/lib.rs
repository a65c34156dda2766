//! Opening the books: charts of accounts to begin with, and the accounts, journals and balances of other systems.
//!
//! # What it owns
//!
//! The schema `opening`: how far imports of journals are, and what was brought forward by which file. The accounts and journals
//! themselves are the ledger's, and get there through the ports of `athyper-kernel-ledger`.
//!
//! # What it refuses
//!
//! - A file with any bad row: nothing of it is kept, and every bad row is named.
//! - Opening balances that do not balance, but for what their sender states that the opening balance account takes.
//! - To change an account or a rule that is there: a template adds what is missing, and says what differs.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents; a route is a handler in `commands` or `queries`, whose `execute` owns the rule and calls
//! `store` and the ledger. Files are read by jobs (`jobs`); what they say, and what balances it, is in `model`. The templates are
//! the files of `templates/`.

mod access;
mod commands;
mod deps;
mod entities;
mod error;
mod jobs;
mod model;
mod module;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use module::MODULE;
