//! Domains that speak of access, joined as in the processes: over HTTP, on a real database, behind the real authoriser.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod approvals;
mod erasure;
mod reviews;
mod rotation;
mod separation;
mod support;
mod tokens;
