//! The OpenAPI document of a tenant: the platform's operations, and those of every entity in force.
//!
//! # What it owns
//!
//! Nothing that is stored. What entities there are it asks the records service (`kernel/records`).
//!
//! # What it refuses
//!
//! - To describe an entity of a domain to who may not read its records.
//!
//! # How it is read
//!
//! `queries/get_openapi.rs` sends the document piece by piece while it is written; `model/` writes the pieces: the platform's
//! part (`frame.rs`), and the operations (`paths.rs`) and schemas (`schemas.rs`) of an entity.

mod access;
mod deps;
mod model;
mod module;
mod queries;
mod routes;

use deps::Deps;
pub use module::MODULE;
