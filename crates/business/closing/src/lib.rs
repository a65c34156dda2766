//! Closing the books: what is in other currencies brought to the rates of the day, and the close of a fiscal year.
//!
//! # What it owns
//!
//! The schema `closing`: what each revaluation was made of, and which years were closed. What they post is the ledger's, and gets
//! there through the port of `athyper-kernel-ledger`.
//!
//! # What it refuses
//!
//! - A second revaluation of a day, and a rate that nobody recorded.
//! - The close of a year that does not end on its last day, or that is closed already.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents; a route is a handler in `commands` or `queries`, whose `execute` owns the rule and calls
//! `store` and the ledger. How worth is worked out is in `model`.

mod access;
mod commands;
mod deps;
mod entities;
mod error;
mod model;
mod module;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use module::MODULE;
