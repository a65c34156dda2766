//! The ledger as its callers use it: over HTTP, on a real database, with its jobs run as a worker runs them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod accounts;
#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
mod bench;
mod currencies;
mod dimensions;
mod immutability;
mod journals;
mod legal_entities;
mod open_items;
mod periods;
mod policies;
mod port;
mod posting;
mod reversal;
mod rules;
mod support;
mod trial_balance;
mod verification;
