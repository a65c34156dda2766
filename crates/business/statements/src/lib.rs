//! Financial statements: balance sheet, income statement, cash flow statement and trial balance.
//!
//! # What it owns
//!
//! The schema `statements`: layouts, which say what rows a statement has and which accounts are in each. The figures are the
//! ledger's, and are read through the port of `athyper-kernel-ledger` each time they are asked for.
//!
//! # What it refuses
//!
//! - A layout that contradicts itself, or that cannot hold all of a statement.
//! - To lose an account: what is in no row, or in two, is told beside the rows.
//! - To agree with the ledger by being silent: each statement says by which figures it agrees, and says so where it does not.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents; a route is a handler in `queries`, which reads the figures of each column (`books.rs`)
//! and gives them to the rules in `model`, which know nothing of where they come from.

mod access;
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
