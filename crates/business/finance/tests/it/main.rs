//! The ledger as its callers use it: over HTTP, on a real database, with its jobs run as a worker runs them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod account_import;
mod accounts;
mod immutability;
mod journal_import;
mod journals;
mod periods;
mod policies;
mod posting;
mod reversal;
mod support;
mod trial_balance;
mod verification;
