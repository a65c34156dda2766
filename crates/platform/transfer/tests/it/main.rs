//! Import and export as their callers use them: over HTTP, on a real database, with jobs run as a worker runs them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod atomic;
mod exports;
mod hostile;
mod imports;
mod interrupted;
mod references;
mod rehearsal;
mod support;
mod upsert;
