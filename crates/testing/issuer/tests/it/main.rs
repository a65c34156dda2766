//! Browsers sign in, work, and sign out: over HTTP, at an issuer that really signs, on a real database.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod administration;
mod federation;
mod flags;
mod forgery;
mod realms;
mod refresh;
mod sessions;
mod sign_in;
mod sign_out;
mod stage;
