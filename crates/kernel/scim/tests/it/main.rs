//! Patches with the examples of the RFC and of clients that bend it, and filters that are printed and read again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there and then")]

mod patches;
mod round_trip;
