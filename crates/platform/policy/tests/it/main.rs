//! Policies as their callers use them: over HTTP, on a real database, with the records service beside them.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod deciding;
mod holders;
mod impact;
mod life;
mod networks;
mod nodes;
mod obligations;
mod packs;
mod publishing;
mod replay;
mod shadow;
mod support;
