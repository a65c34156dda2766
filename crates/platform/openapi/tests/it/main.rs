//! The document of a tenant as clients get it: over HTTP, on a real database.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod openapi;
mod schema;
mod support;
