//! Files of records as their callers use them: over HTTP, on a real database, with jobs run as a worker runs them.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod attachments;
mod support;
