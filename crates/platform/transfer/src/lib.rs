//! Import and export: the records of any entity from and to CSV, JSON Lines and XLSX.
//!
//! # What it owns
//!
//! The schema `transfer`: imports, how far they are, and what was wrong with their rows. Records are the records service's
//! (`kernel/records`), and are read and written through it.
//!
//! # What it refuses
//!
//! - A file whose columns stand for no field, or for one that cannot be set.
//! - A row that breaks a rule of the entity: it is named with its column, and the others are written.
//! - Whatever is too long, too deep or too much to be held in memory, by row and column.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A file becomes rows (`model/csv_reader.rs`, `json_reader.rs`, `workbook.rs`), a row
//! becomes a draft of a record (`model/columns.rs`, `cell.rs`, `draft.rs`), and `jobs/batch.rs` writes the drafts of a batch.
//! `jobs/import_records.rs` goes from batch to batch, each a transaction with the place that it came to. An export walks
//! through the records page by page and writes them as it goes (`queries/export_records.rs`, `model/writer.rs`).

mod access;
mod commands;
mod deps;
mod error;
mod jobs;
mod model;
mod module;
mod queries;
mod routes;
mod store;

use deps::Deps;
pub use module::MODULE;
