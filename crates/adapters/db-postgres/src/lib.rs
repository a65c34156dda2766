//! PostgreSQL for the platform: the server that a process brings along, and the roles every server needs.
//!
//! - [`embedded`] finds or obtains PostgreSQL, keeps a cluster below the data folder and shares it among processes.
//! - [`provision()`] makes the platform's roles and database on any server.
//! - [`connect()`] opens the pool of the application role and refuses one that could go around row security;
//!   [`connect_through_pooler()`] does so where a PgBouncer stands between.

mod connect;
pub mod embedded;
mod provision;
mod role_check;

pub use connect::{ConnectError, PoolSettings, connect, connect_once, connect_through_pooler};
pub use provision::{LoginRole, ProvisionError, Provisioning, provision};
pub use role_check::{RoleCheckError, check_application_role};
