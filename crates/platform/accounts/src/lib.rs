//! Local accounts, for tenants without an identity provider: passwords, second factors, lockout, recovery, step-up.
//!
//! # What it owns
//!
//! The schema `accounts`. Who the persons are belongs to another domain, and so do sessions: both are asked through the ports
//! of [`ports`].
//!
//! # What it refuses
//!
//! - To tell whether an account exists, is locked or is not active: a sign-in that fails has one answer, whatever the
//!   reason, and costs the same work.
//! - A password, a code, a link or a challenge a second time. Of all of them only digests are kept; the secrets of codes are
//!   sealed by the vault with the person's own key.
//! - More guesses than the policy allows: wrong passwords and wrong factors count alike, and each lock lasts twice as long as
//!   the one before. A guess that was made while the account was locked counts for nothing, even if it is right.
//! - A policy weaker than the platform's.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `commands/sign_in.rs` is the way in, `factors.rs` proves second factors for it and for
//! everything else, `passwords.rs` sets passwords. Rules that need no database are in `model`; argon2id is in `hashing.rs`.
//!
//! # How to add a command
//!
//! Write `commands/<verb>_<noun>.rs`, add it to `routes` and `access`, and cover it in `tests/it` at HTTP level. One for guests
//! declares `security(())` and takes a `GuestCommand`.

mod access;
mod commands;
mod deps;
mod error;
mod factors;
mod fresh;
mod guests;
mod hashing;
mod jobs;
mod letters;
mod me;
mod model;
mod module;
mod passwords;
mod policy;
pub mod ports;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use deps::{PEOPLE, SESSIONS};
pub use fresh::FreshFactors;
pub use module::MODULE;
