//! Closing the books: what is in other currencies brought to the rates of the day, the close of a period, and that of a fiscal year.
//!
//! # What it owns
//!
//! The schema `closing`: what each revaluation was made of, which periods and years were closed, what was proven for it, and what the
//! books said then. What is posted is the ledger's, and gets there through the port of `athyper-kernel-ledger`.
//!
//! # What it refuses
//!
//! - A second revaluation of a day while the first is in effect, and a rate that nobody recorded.
//! - To sign a period off while a step is not proven or not ticked, or by who prepared it. Nobody ticks what the system proves.
//! - Any change to what was signed off. The period is opened by reopening its close, and what the books said stays.
//! - The close of a year that does not end on its last day, or that is closed already.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents; a route is a handler in `commands` or `queries`, whose `execute` owns the rule and calls
//! `store` and the ledger. How worth is worked out, and what a snapshot is, is in `model`. `proving` asks all that a close has to
//! prove.

mod access;
mod book_snapshots;
mod commands;
mod deps;
mod entities;
mod error;
mod model;
mod module;
mod proving;
mod queries;
mod routes;
mod store;

pub use book_snapshots::book_snapshots;
use deps::Deps;
pub use module::MODULE;
