//! Local accounts as their callers use them: over HTTP, on a real database, with mails read from the queue.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod administration;
mod authenticator;
mod factors;
mod forget;
mod lockout;
mod passwords;
mod policy;
mod repeated;
mod sign_in;
mod support;
mod webauthn;
