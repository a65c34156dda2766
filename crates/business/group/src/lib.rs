//! Group accounting: what legal entities of a tenant post between each other, and their books as those of one.
//!
//! # What it owns
//!
//! The schema `group_books`: relations between legal entities, entries that are posted in the books of two of them, what was
//! netted between two, groups, and the consolidations of groups. What is posted is the ledger's, and gets there through the port of `athyper-kernel-ledger`.
//!
//! # What it refuses
//!
//! - An entry in the books of one without that of the other, or that is not balanced in both.
//! - An account that two relations of a legal entity share: nobody could say any more who owes what is on it.
//! - A consolidation with an account that is not mapped, or a rate that nobody stated or recorded.
//! - To net an item that the books of the other do not have alike, or to net anything in the books of one alone.
//! - Any change to a consolidation that is final.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents; a route is a handler in `commands` or `queries`, whose `execute` owns the rule and calls
//! `store` and the ledger. What an entry posts is worked out in `model::entry`, what two can net in `model::netting`; how books are translated, and what is eliminated, in
//! `model::translation` and `model::elimination`.

mod access;
mod commands;
mod deps;
mod entities;
mod error;
mod gathering;
mod model;
mod module;
mod netting;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use module::MODULE;
