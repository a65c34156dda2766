//! Random definitions, records, filters, orders, groups and walks: what the database gives is what memory says.
//!
//! Each case is made from a seed. The ordinary run takes a few fixed ones; `cargo xtask soak records` takes new ones for as
//! long as it likes, and names the one that fails.

mod agreement;
pub(crate) mod bench;
mod definitions;
mod dice;
mod filters;
mod groups;
mod hostile;
mod nodes;
mod order;
pub(crate) mod policies;
mod policy_bench;
mod walks;
