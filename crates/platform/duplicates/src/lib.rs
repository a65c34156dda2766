//! Duplicates: which records of an entity are one thing, and their merge.
//!
//! # What it owns
//!
//! Finding, telling apart and merging. What records agree in is kept by the records service (`kernel/records`) in the
//! transaction of each write, in tables of its schema; this module reads them, and keeps there which pairs are no duplicates.
//!
//! # What it refuses
//!
//! - To show anything of a record to somebody who may not read it.
//! - A merge on versions that are not those of now, one whose result breaks a rule of the entity, and one after which
//!   something would still refer to a record that went.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `model/choice.rs` says which values the record gets that stays, `model/group.rs`
//! which records of a group are still in question; the merge itself is `kernel/records/src/merge.rs`.

mod access;
mod commands;
mod deps;
mod error;
mod model;
mod module;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use module::MODULE;
