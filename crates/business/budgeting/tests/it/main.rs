//! Budgets and the funds that pay for them, over HTTP and on a real database. What they do on a real ledger is tested where the
//! domains are joined.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod concurrency;
mod cover;
mod histories;
mod ledger;
mod naming;
mod support;
