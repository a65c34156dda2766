//! Duplicates as their callers find and merge them: over HTTP, on a real database.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod any_records;
mod concurrent;
mod domains;
mod files;
mod finding;
mod merging;
mod references;
mod rules;
mod support;
mod writing;

#[expect(dead_code, reason = "the tests of the records service use more of it")]
#[path = "../../../../kernel/records/tests/it/domain.rs"]
mod domain;
