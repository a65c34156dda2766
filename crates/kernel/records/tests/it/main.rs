//! Records as their callers use them: over HTTP, on a real database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]
#![expect(
    clippy::duplicate_mod,
    reason = "the same tests run over the records of tenants and over those of a domain"
)]

mod at_once;
mod definitions;
mod domain;
mod domain_table;
mod own_table;
mod ports;
mod support;
mod tenants;
