//! Federation: a tenant's own OpenID Connect providers, who comes in by them, and what they get.
//!
//! # What it owns
//!
//! The schema `federation`: providers with their clients, what the groups of a provider give (mappings), what they gave to whom
//! (gifts), and the mail domains of tenants.
//!
//! # What it refuses
//!
//! - To let a provider sign anybody in to another tenant, or as the subject of another provider: its persons are known by its own id and
//!   their subject there (`sign_in.rs`). Its issuer never changes.
//! - To take somebody for an existing person by a mail address that the provider has not verified or that is not of an allowed domain, and
//!   ever for an administrator, a person who was shut out or one of several: `model/provisioning.rs`.
//! - To let a mapping give what its author does not hold: `commands/create_mapping.rs` asks for it, and separation of duties holds at
//!   each sign-in.
//! - A mail domain that another tenant of the realm has proved to be its own.
//! - To show a client's secret, anywhere.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`, which calls `execute`, which owns the rule and calls
//! `store`, which owns the SQL. `sign_in.rs` and `discovery.rs` are what the keeper of sessions asks, `connection.rs` what the client of the
//! issuers asks; what this domain asks of others is in `ports.rs`.

mod access;
mod commands;
mod connection;
mod deps;
mod discovery;
mod error;
mod jobs;
mod mapping_rounds;
mod model;
mod module;
pub mod ports;
mod provider_status;
mod queries;
mod routes;
mod sign_in;
mod store;

pub use connection::{Connection, PROVIDER_TOPIC, connection, enabled_provider};
use deps::Deps;
pub use deps::{DIRECTORY, OUTSIDE, SESSIONS};
pub use discovery::{SignInPlace, place_of_mail};
pub use module::MODULE;
pub use sign_in::{Admitted, Arrival, NotAdmitted, admit};
