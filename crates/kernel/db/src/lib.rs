//! PostgreSQL as the rest of the platform may use it: inside a transaction that belongs to somebody.
//!
//! - [`TenantTx`] reads and writes one tenant's rows. It is opened from a `TenantContext`, tells the database whose
//!   rows it may see in the statement that opens it, and closes with [`TenantTx::commit`], which writes the audit
//!   event. There is no bare commit; dropping it rolls back.
//! - [`LazyTenantTx`] is a change that is [one statement](AtOnce), with its event, where that suffices; else it is opened.
//! - [`ReadTx`] reads one tenant's rows and cannot write; for lists and reports perhaps on a replica. [`LazyReadTx`] is one that
//!   is opened by the statement that asks for the first rows.
//! - [`SystemTx`] crosses tenants, asks for a [`SystemReason`] and leaves a trace.
//!
//! [`announce`] tells every process what a transaction has changed, and [`FreshCache`] keeps what nobody has changed.
//!
//! The pool is private: there is no other way to a connection. [`Schema`] carries the migrations of one schema.

mod audit_store;
mod changes;
mod connections;
mod crossing;
mod database;
mod directory;
mod done;
mod error;
mod fresh_cache;
mod lazy_read;
mod lazy_write;
mod migrate;
mod pooler;
mod replica;
mod schemas;
mod series;
mod system_tx;
mod tenant_tx;

pub use audit_store::DatabaseAuditWriter;
pub use changes::{Change, Changes, Stamp, announce, announce_for, follow_changes};
pub use crossing::Crossing;
pub use database::{Database, PoolStats};
pub use directory::{
    TenantDirectory, TenantRecord, TenantStatus, announce_tenant, is_of_tenant, register_tenants,
};
pub use done::{Done, LastWrite};
pub use error::DbError;
pub use fresh_cache::FreshCache;
pub use lazy_read::{LazyReadTx, Rows};
pub use lazy_write::{AtOnce, LazyTenantTx};
pub use migrate::{MigrateError, Migration, Schema, migrate};
pub use pooler::Pooler;
pub use schemas::{AUDIT_SCHEMA, PLATFORM_SCHEMA};
pub use series::take_numbers;
pub use system_tx::{SystemReason, SystemTx};
pub use tenant_tx::{ReadTx, TenantConnection, TenantTx};
