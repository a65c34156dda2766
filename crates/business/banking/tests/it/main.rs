//! Bank accounts as their callers use them: over HTTP, on a real database, with jobs run as a worker runs them, over a ledger of the
//! tests' own.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod accounts;
mod cash;
mod imports;
mod ledger;
mod matching;
mod payments;
mod reconciliation;
mod rules;
mod support;
