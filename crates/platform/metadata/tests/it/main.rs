//! The studio as its callers use it: over HTTP, on a real database, with the records service beside it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod access;
mod bundles;
mod conversion;
mod drafts;
mod duplicates;
mod hostile;
mod large;
mod overlays;
mod plans;
mod publishing;
mod scale;
mod support;
mod tenants;
mod values;
