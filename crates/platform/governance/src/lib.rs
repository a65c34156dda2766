//! Governance of access: duties that are kept apart, and reviews of who has which role.
//!
//! # What it owns
//!
//! The schema `governance`: rules that keep two duties apart, exceptions of them, access reviews with their decisions. Who
//! has which role is known to identity and access alone; it is asked through [`ports::Access`], and asks in turn what a
//! change would join, through a port of its own that [`broken_rules`] answers.
//!
//! # What it refuses
//!
//! - To let anybody decide about what is their own: an exception for oneself, a role that one has by the binding under
//!   review.
//! - A rule by which its own maker would lose the right to delete it.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`, which calls `execute`, which owns
//! the rule and calls `store`, which owns the SQL. What breaks a rule is in `model/separation.rs`, without any I/O.

mod access;
mod commands;
mod deps;
mod error;
mod jobs;
pub mod model;
mod module;
pub mod ports;
mod queries;
mod routes;
mod separation;
mod store;

pub use deps::ACCESS;
use deps::Deps;
pub use module::MODULE;
pub use separation::{broken_rules, has_rules};
