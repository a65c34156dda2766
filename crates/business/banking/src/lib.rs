//! Bank accounts: what banks say of them, and what is told to banks.
//!
//! # What it owns
//!
//! The schema `banking`: bank accounts, statements with their lines, rules and what was learned for matching, reconciliations,
//! and payment runs. What is booked is the ledger's; it is reached through the port of `kernel/ledger` alone, inside the
//! transaction of the command.
//!
//! # What it refuses
//!
//! - A statement whose lines do not lead from its opening to its closing balance, to the minor unit.
//! - A second copy of a line, whatever files it comes in (`model/identity.rs`).
//! - A change of what a bank has said, and of anything that a signed-off reconciliation rests on; the database refuses it too.
//! - A payment file that only one person has seen.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`; `execute` owns the rule and calls
//! `store`. `kernel/bank-files` reads the files of banks and writes those for them, `model/matching.rs` says what a line might be; both
//! are pure.
//!
//! # How to add a command
//!
//! 1. Write `commands/<verb>_<noun>.rs`: the input, the handler with its OpenAPI attribute, `execute`.
//! 2. Add it to `routes`, and its permission to `access`.
//! 3. Cover it in `tests/it`, at HTTP level.

mod access;
mod close_check;
mod commands;
mod deps;
mod entities;
mod error;
mod held;
mod jobs;
mod knowledge;
mod model;
mod module;
mod queries;
mod routes;
mod store;

pub use close_check::close_check;
use deps::Deps;
pub use module::MODULE;
