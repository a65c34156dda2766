//! Budgets, commitments and funds: what may be spent, what is set aside for it, and what was spent.
//!
//! # What it owns
//!
//! The schema `budgeting`: budgets of legal entities and fiscal years in revisions, transfers between their lines, commitments with
//! every movement, and funds that pay for budgets. What was posted is the ledger's, and is read through the port of `athyper-kernel-ledger`.
//!
//! # What it refuses
//!
//! - To let more be set aside or posted than a line that stops has left, whoever asks at the same time.
//! - An approval by who wrote the budget, a second active budget of a year, and two lines that one posting would use.
//! - A transfer that does not sum to zero, a step of a commitment beyond what there is, and a fund that gives what it has not got.
//! - Active budgets that plan to spend more than the fund that they name holds.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `spending` says which line something uses and whether there is enough; `committing` is the
//! one way in for reservations and their steps, over HTTP and through the port (`port`); `control` answers the ledger before it
//! posts; `funding` holds budgets against funds. The rules that need no database are in `model`.

mod access;
mod commands;
mod committing;
mod control;
mod deps;
mod entities;
mod error;
mod funding;
mod jobs;
mod model;
mod module;
mod port;
mod queries;
mod routes;
mod spending;
mod store;

pub use control::posting_control;
use deps::Deps;
pub use module::MODULE;
pub use port::budgets;
