//! Receivables and payables as their callers use them: over HTTP, on a real database, with a ledger that checks what it is given.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod histories;
mod invoices;
mod ledger;
mod notes;
mod payments;
mod reference;
mod reminders;
mod reports;
mod support;
