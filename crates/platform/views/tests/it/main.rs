//! Views as their callers use them: over HTTP, on a real database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod support;
mod views;
