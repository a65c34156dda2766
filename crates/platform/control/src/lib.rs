//! Platform control: the tenants of all realms, and what those who run the platform may do.
//!
//! # What it owns
//!
//! The schema `control`, and the making and ending of tenants in the kernel's register. Its operations are for callers
//! of the operators' realm (`iam.platformRealmKey`); the edge refuses them to everybody else.
//!
//! # What it refuses
//!
//! - Any change by an operator who has not said why: all changes need an *elevation*, which has a reason and ends by
//!   itself. Without one an operator reads the register and nothing else.
//! - Any look into a tenant without an elevation that names it. With one the operator reads, and cannot write, and the
//!   tenant's own trail tells of each look.
//! - A change of a tenant that the configuration defines, other than its status.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`; the handler speaks HTTP and calls
//! `execute`, which owns the rule and calls `store`, which owns the SQL.

mod access;
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
pub use reading::Reading;
