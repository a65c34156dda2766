//! Views: lists that people keep, for themselves or for everybody in the tenant.
//!
//! # What it owns
//!
//! The schema `views`: which records of an entity a view shows, in what order and form. The records are the records service's
//! (`kernel/records`), which reads a list by a view through the port that [`views`] answers.
//!
//! # What it refuses
//!
//! - A view that says something the entity in force does not take, all that is wrong named at once.
//! - A list by a view that no longer fits, because a field was renamed or removed: it never shows more than it was made to.
//! - A change of somebody else's view by who does not administer views.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `checking.rs` holds what a view says against the entity, when it is saved and again
//! whenever a list is read by it (`reading.rs`).

mod access;
mod body;
mod checking;
mod commands;
mod deps;
mod error;
mod model;
mod module;
mod queries;
mod reading;
mod routes;
mod store;

use deps::Deps;
pub use module::MODULE;
pub use reading::views;
