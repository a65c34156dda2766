//! Platform control as its callers use it: over HTTP, on a real database, with operators in a realm of their own.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test there and then")]

mod elevations;
mod looking;
mod support;
mod tenants;
