//! The metadata studio: entities that a tenant designs, plans, publishes and takes elsewhere.
//!
//! # What it owns
//!
//! The schema `metadata`: designs with their drafts, all versions that were ever in force, plans of many records, and
//! publications under way. What is in force, and the records, are the records service's (`kernel/records`).
//!
//! # What it refuses
//!
//! - To publish a definition with a fault; a draft is kept with all its faults named.
//! - A destructive publication without the token of its plan, and one that records are in the way of.
//! - A second publication of an entity while one runs.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `model/diff.rs` says what is different between two definitions, `planning.rs` counts
//! what that means for the records, at once or by the job of `jobs/plan_entity.rs`; `publishing.rs` puts a draft in force, at
//! once or by the job of `jobs/publish_entity.rs`.

mod access;
mod bundles;
mod commands;
mod deps;
mod error;
mod history;
mod jobs;
mod model;
mod module;
mod planning;
mod publishing;
mod queries;
mod routes;
mod scanning;
mod store;

use deps::Deps;
pub use module::MODULE;
