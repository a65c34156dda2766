//! Recurring entries: what is posted again and again, accruals that reverse themselves, amounts spread over time, and what stands on
//! accounts spread over others.
//!
//! # What it owns
//!
//! The schema `recurring`: entries with their rhythm, and each occurrence of them, made or not. What is posted is the ledger's, and
//! gets there through the port of `athyper-kernel-ledger`.
//!
//! # What it refuses
//!
//! - To make an occurrence twice, whoever runs at the same time, and to lose one: what the ledger refuses is kept with the reason.
//! - To undo what was reversed already, and to skip what is in the books.
//! - Weights that are all zero, or of both signs, and an allocation key before those that come before it.
//! - Lines that do not balance, a deferral that is too small for its parts, and a run far ahead of the day.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. Recurring entries, accruals, deferrals and allocation keys are one thing with one way into the books:
//! `making` writes down what is due and makes it, for the job and for the commands, in the order that `due` gives it in. Days and amounts are worked out in `model`;
//! what a key comes to is read by `allocating`.

mod access;
mod allocating;
mod close_check;
mod commands;
mod deps;
mod due;
mod entities;
mod error;
mod jobs;
mod making;
mod model;
mod module;
mod queries;
mod routes;
mod store;

pub use close_check::close_check;
use deps::Deps;
pub use module::MODULE;
