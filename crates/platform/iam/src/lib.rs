//! Identity and access: who there is in a tenant, and who may do what.
//!
//! # What it owns
//!
//! The schema `iam`: principals (people and services) with what identifies them, groups, the tree of organizational units,
//! roles, role bindings, keys of services. And the answer to the one question of authorisation: [`IamAuthorizer`] stands
//! behind the edge of every request.
//!
//! # What it refuses
//!
//! - To let anybody give what they do not hold themselves, in the same scope and for as long: `delegation.rs`.
//! - To leave a tenant that has an administrator without one, and to let anybody have duties that are kept apart:
//!   `guard.rs`.
//! - A principal that is suspended or deprovisioned, whatever its token says: `rights.rs`.
//! - A key, in any form but the digest of its secret, in the database, the log or a later answer.
//!
//! `scim` is the second door to principals and groups: SCIM 2.0, for systems that provision them.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`, which calls `execute`, which owns
//! the rule and calls `store`, which owns the SQL. Rules that need no database are in `model`.
//!
//! # How to add a command that changes access
//!
//! 1. Write `commands/<verb>_<noun>.rs`. The handler takes a `Granter`, and `execute` asks it about all that would be
//!    given, opens a `Guard` before the change and closes it after.
//! 2. Add it to `routes` and `access`, cover it in `tests/it`, and let the search in `tests/it/search.rs` try it.

mod access;
mod authorizer;
mod commands;
mod delegation;
mod deps;
mod error;
pub mod federated;
mod governed;
mod guard;
mod key_authenticator;
mod model;
mod module;
mod people;
pub mod ports;
mod principal_status;
mod queries;
mod rights;
mod routes;
mod scim;
mod store;
mod subject;
mod subject_page;
mod told;

pub use authorizer::IamAuthorizer;
pub use deps::DUTIES;
use deps::Deps;
pub use governed::{
    Ended, ReviewedBinding, ReviewedScope, ReviewedSubject, active_bindings, bindings_by_id, caller_rights,
    end_bindings, is_active_principal, is_part_of, lock_access, role_word, tell_of_change,
};
pub use key_authenticator::KeyAuthenticator;
pub use module::MODULE;
pub use people::{PersonRecord, names_of_person, person_by_id, person_by_login};
pub use store::keys::makers_of_keys;
pub use store::names::known_names;
pub use subject_page::{principal_rights, principals_rights};
