//! Attachments: files that records hold.
//!
//! # What it owns
//!
//! The schema `attachments`: which files there are and which record holds each. Their content is in object storage, under
//! `attachments/{id}`. The records service (`kernel/records`) asks through the port that [`attachments`] answers whether a
//! record can hold the files that it names.
//!
//! # What it refuses
//!
//! - A file that another record holds, that its field does not take, or that is not there: the record is not written then.
//! - A file that was decided to go: from then on no record can hold it.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. `holding.rs` is called within the transaction that writes a record.
//! `jobs/remove_attachments.rs` removes what nobody has held for a day.

mod access;
mod body;
mod commands;
mod deps;
mod error;
mod holding;
mod jobs;
mod module;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use holding::attachments;
pub use module::MODULE;
