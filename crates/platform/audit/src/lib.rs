//! The audit trail that proves itself.
//!
//! # What it owns
//!
//! The schema `audit` beyond the insertion of events, which every transaction does by itself (`athyper-kernel-db`). The
//! [`Sealer`] gives each tenant's events a sequence without gaps and a chain of hashes, signs checkpoints of it and keeps
//! them in object storage as well; [`verify_trail`] holds a trail against all that. Search, timeline, export, retention,
//! legal holds and erasure are its endpoints.
//!
//! # What it refuses
//!
//! - Any change to an event. The database refuses it too; a change that goes around the database's rules is found.
//! - A removal that no policy of the tenant asks for, that a legal hold forbids, or that no checkpoint in object storage
//!   covers. What is removed leaves a signed statement over which the chain goes on.
//! - A key that only the database knows: which keys are trusted is said by the configuration.
//! - Reading the trail without a trace: reads and exports are events of class `dataAccess`.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `model` has what needs no database: the canonical body, the hash, checkpoints,
//! removals, keys. `sealer` and `verify` are the two sides of the chain. `store` has the SQL.
//!
//! # How to add a command
//!
//! 1. Write `commands/<verb>_<noun>.rs`: the input, the handler with its OpenAPI attribute, `execute`. The operation id
//!    is `audit.<file name>`.
//! 2. Add it to `routes`, and its permission to `access`.
//! 3. Cover it in `tests/it`, at HTTP level.

mod access;
mod commands;
mod deps;
mod error;
mod jobs;
mod model;
mod module;
mod ports;
mod queries;
mod routes;
mod sealer;
mod store;
mod verify;

use deps::Deps;
pub use deps::{AUDIT_KEYS, CHECKPOINT_STORE, PERSONS};
pub use error::Error;
pub use model::keys::{AuditKeys, KeyError, PublicKey, SigningKey};
pub use model::report::{Finding, Report, Wrong};
pub use module::MODULE;
pub use ports::{CheckpointStore, CheckpointStoreError, MemoryCheckpoints, OneName, Persons, PutOutcome};
pub use sealer::{SealLag, SealLagReading, Sealer, SealerSettings, Turn};
pub use verify::verify_trail;
