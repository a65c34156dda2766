//! Receivables and payables: invoices and notes with taxes and terms, payments, what is open, and reminders.
//!
//! # What it owns
//!
//! The schema `invoicing`: documents and payments, the open items that they made in the ledger, and what settled these. The
//! ledger itself is another domain's: all that is posted goes through `athyper_kernel_ledger::Ledger`, in the transaction that
//! changes the document.
//!
//! # What it refuses
//!
//! - Any change to what is posted. An invoice is corrected by a note, a payment by its bouncing.
//! - A note above what is left of the invoice that it corrects, and a settlement above what is open.
//! - A rate that is neither stated nor recorded, and a payment of items in another currency.
//! - A gap in the numbers of a kind, a legal entity and a year: they are taken by the transaction that posts.
//! - A supplier's number for the second time.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`; the handler speaks HTTP and calls
//! `execute`, which owns the rule and calls `store`, which owns the SQL. The rules that need no database are in `model`:
//! `tax` (what prices come to), `terms` (what falls due when), `journal` (what is posted). `drafting` reads and prices a draft,
//! `posting` posts it, `paying` posts a payment, `settling` settles items and brings documents to what is open of them.
//!
//! # How to add a command
//!
//! 1. Write `commands/<verb>_<noun>.rs`: the input, the handler with its OpenAPI attribute, `execute`. The operation id
//!    is `invoicing.<file name>`.
//! 2. Add it to `routes`, and its permission to `access`.
//! 3. Cover it in `tests/it`, at HTTP level.

mod access;
mod close_check;
mod commands;
mod deps;
mod drafting;
mod entities;
mod error;
mod jobs;
mod model;
mod module;
mod paying;
mod posting;
mod queries;
mod routes;
mod settling;
mod store;

pub use close_check::close_check;
use deps::Deps;
pub use module::MODULE;
