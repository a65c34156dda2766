//! The general ledger: legal entities, accounts, periods, journals, open items and the trial balance.
//!
//! # What it owns
//!
//! The schema `finance`: legal entities, the chart of accounts, periods, rates, dimensions, journals, and the items that stay open
//! on control accounts. Whatever counts in a balance is a line of a posted journal; there is no other way in.
//!
//! # What it refuses
//!
//! - A posted journal that does not balance in each of its currencies and in the base currency; the database refuses it too.
//!   Currencies are never converted into each other to make a journal balance, and no rate is made up.
//! - Any change to a posted journal. A correction is a reversal, dated in an open period.
//! - A posting into a closed period, or into one where its area is locked. The fiscal calendar is calendar months unless periods
//!   are declared, and a date that no period covers gets its month, open, when it is first posted to.
//! - A gap in the numbers of a book and fiscal year: they are taken by the transaction that posts.
//! - To settle more of an item than is open of it.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A route is a handler in `commands` or `queries`; the handler speaks HTTP and calls
//! `execute`, which owns the rule (checks, then writes, then the audit event) and calls `store`, which owns the SQL. The
//! rules that need no database are in `kernel/ledger-model`, and what the posted books say is read by `kernel/ledger-books`. Posting itself is in `posting`, because a journal posted by hand, a
//! reversal, and what other domains post through the ports of `athyper-kernel-ledger` (answered in `ledger` and `ledger_set_up`)
//! all go through it.
//!
//! # How to add a command
//!
//! 1. Write `commands/<verb>_<noun>.rs`: the input, the handler with its OpenAPI attribute, `execute`. The operation id
//!    is `finance.<file name>`. `execute` takes `Deps` only where it needs something of them.
//! 2. Add it to `routes`, and its permission to `access`.
//! 3. Cover it in `tests/it`, at HTTP level.

mod access;
mod commands;
mod control;
mod deps;
mod determination;
mod entities;
mod error;
mod jobs;
mod ledger;
mod ledger_periods;
mod ledger_reads;
mod ledger_set_up;
mod module;
mod numbering;
mod posting;
mod queries;
mod routes;
mod store;
mod whose_books;

pub use athyper_kernel_ledger_books::{close_check, turnovers};
use athyper_kernel_ledger_model as model;
use deps::Deps;
pub use ledger::ledger;
pub use ledger_periods::ledger_periods;
pub use ledger_set_up::ledger_set_up;
pub use module::MODULE;
