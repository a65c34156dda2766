//! Secrets and personal data at rest.
//!
//! # Envelope encryption
//!
//! A value is sealed by AES-256-GCM (NIST SP 800-38D) with a data key. Each tenant has one of its own, and so has each
//! person whose values must be destroyable alone. A data key lies in `platform.tenant_key`, wrapped by a master key that
//! only the processes know: `ATHYPER_SUPER__MASTER_KEY`. Tenant, purpose and record of a value are authenticated with
//! it, so that a sealed value which is copied to another tenant, purpose or row does not open.
//!
//! - [`Vault::seal`] and [`Vault::seal_for`] make a [`Sealed`], which is stored as `bytea`; [`Vault::open`] opens it.
//! - [`Vault::rotate`] gives a subject a new key; values sealed with the former one stay readable, and
//!   [`Vault::reseal`] brings one over when it is written next.
//! - [`Vault::rotate_older`] and [`Vault::reseal_column`] bring all values of a tenant under new keys, and
//!   [`Vault::destroy_former`] destroys the former ones then. Modules say where their values lie ([`SealedColumn`]).
//! - [`Vault::rewrap`] wraps all data keys by the present master key; then the former one can be forgotten.
//! - [`Vault::shred`] destroys the keys of a person or of a whole tenant: what they sealed is gone at once, wherever it
//!   lies. A copy of the wrapped key can outlive it in backups and in the log of the database, so that shredding is
//!   complete when those have gone, or when the master key that wrapped it was replaced and destroyed.
//!
//! A key is rotated by itself long before its random nonces could repeat. Keys are held in memory for a moment only and
//! wiped when they leave it.
//!
//! # Masks
//!
//! [`Mask`] hides all or part of a value that somebody may see only so far. It is pure and keeps nothing.

mod cache;
mod cipher;
mod columns;
mod error;
mod local_key;
mod mask;
mod master;
mod rewrap;
mod sealed;
mod store;
mod subject;
mod vault;

pub use columns::{Resealed, SealedColumn, SealedColumns};
pub use error::VaultError;
pub use local_key::{LocalKeyError, local_master_key};
pub use mask::{Mask, MaskKey, Visible};
pub use master::{MasterKeyError, MasterKeys};
pub use rewrap::Rewrapped;
pub use sealed::Sealed;
pub use subject::Subject;
pub use vault::Vault;
