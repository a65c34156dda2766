//! Decision tables of a tenant: drafts, tests, versions, evaluation, analysis and exchange as DMN.
//!
//! # What it owns
//!
//! The schema `decisions`: models with their drafts and test cases, and all versions that were ever published. What a table
//! means is `kernel/decision`.
//!
//! # What it refuses
//!
//! - To publish a definition with a fault, or one whose tests fail; a draft is kept with all its faults named.
//! - To change a version.
//! - To evaluate what was never published, or is archived.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. [`Decisions::decide`] is what commands of other domains and workflows call in their own
//! transaction, through a bridge; the routes call the same. `examine.rs` reads drafts, `testing.rs` runs test cases.
//! To add a command, write `commands/<verb>_<noun>.rs`, and name it in `routes.rs` and `access.rs`.

mod access;
mod commands;
mod deps;
mod error;
mod examine;
mod model;
mod module;
mod queries;
mod routes;
mod service;
mod store;
mod testing;

use deps::Deps;
pub use error::Error;
pub use module::MODULE;
pub use service::{Ask, Decided, Decisions};
