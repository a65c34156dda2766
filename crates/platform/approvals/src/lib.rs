//! Approvals: requests that wait for somebody's agreement, and what becomes of them.
//!
//! # What it owns
//!
//! What was asked, frozen as it was asked; who may decide about it; the decision; and that each approval is used once, by the one
//! who asked, for exactly that. Policies say what needs approval (`requireApproval`); the edge (`kernel/http`) holds each request
//! against them and asks here ([`Desk`]).
//!
//! # What it refuses
//!
//! - To let anybody decide about what they asked for themselves, by whatever name or key, and to let a service decide.
//! - An approval for another content, for another caller, a second time, after its end, or of somebody who has lost the role.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `model/request.rs` says what a request for approval is and who decides about it, `desk.rs`
//! what the edge asks. Who sees which request is a rule of the platform's policies (`platform/policy/platform/guards.json`).

mod access;
mod commands;
mod deps;
mod desk;
mod entities;
mod error;
mod jobs;
mod model;
mod module;
pub mod ports;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use deps::PEOPLE;
pub use desk::Desk;
pub use module::MODULE;
