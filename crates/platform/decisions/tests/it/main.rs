//! Decisions as their callers use them: over HTTP, on a real database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod evaluation;
mod exchange;
mod life;
mod support;
