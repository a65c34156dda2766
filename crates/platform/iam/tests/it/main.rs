//! Identity and access as its callers use it: over HTTP, on a real database, behind the real authoriser.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod catalogue;
mod delegation;
mod facts;
mod groups;
mod keys;
mod org_units;
mod principals;
mod roles;
mod scale;
mod scim;
mod search;
mod support;
