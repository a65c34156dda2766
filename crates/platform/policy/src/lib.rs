//! Policies of tenants: who may do what on which record, in rules that the tenant writes.
//!
//! # What it owns
//!
//! The schema `policy`: policies with their drafts and versions, the tests that gate publishing, what is in force, and the
//! log of decisions; names of networks; drafts that run in the shadow of what is in force. How rules decide is the evaluator's (`athyper-kernel-policy`); what the platform says beside the tenant is
//! in `platform_policies.rs`.
//!
//! # What it refuses
//!
//! - To publish what has faults, what has no test or fails one, and what nobody but its authors has looked at.
//! - To decide while the policies cannot be read: the answer is an error then, and never yes.
//! - To weaken what the platform says: its rules are part of whatever is in force.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`, which calls `execute`, which owns
//! the rule and calls `store`, which owns the SQL. `live.rs` has what is in force, compiled, and `in_force.rs` gives it to every
//! request; `trial.rs` runs tests;
//! `decision_log.rs` writes decisions down without anybody waiting for it, and `shadow.rs` and `shadow_writer.rs` ask them again with
//! drafts in place.

mod access;
mod asking;
mod commands;
mod decision_log;
mod deps;
mod error;
mod impact;
mod in_force;
mod jobs;
mod known;
mod live;
mod model;
mod module;
mod networks;
mod platform_policies;
pub mod ports;
mod queries;
mod replay;
mod routes;
mod shadow;
mod shadow_writer;
mod store;
mod strangers;
mod trial;
mod written;

use deps::Deps;
pub use deps::SUBJECTS;
pub use in_force::InForce;
pub use module::MODULE;
