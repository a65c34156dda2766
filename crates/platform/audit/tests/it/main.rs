//! The trail as its callers and its attackers use it: over HTTP, on a real database, with its sealer.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod crash;
mod erasure;
mod export;
mod retention;
mod rights;
mod sealing;
mod search;
mod soak;
mod support;
mod tampering;
mod verification;
