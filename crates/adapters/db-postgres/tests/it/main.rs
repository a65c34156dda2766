//! The embedded PostgreSQL on this machine: real servers, real processes, real signals.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and tells why it is skipped"
)]

mod child;
mod download;
mod first_start;
mod provisioning;
mod recovery;
mod sharing;
mod support;
mod users;
