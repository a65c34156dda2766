//! What the posted books say: balances, movements and turnovers, the lines of an account, and the proofs that the ledger agrees
//! with itself. Nothing here writes; what writes the tables, and owns them, is `business/finance`, and no other domain may use
//! this crate: the others ask through the ports of `athyper-kernel-ledger`.
//!
//! # How it is read
//!
//! - All reports of balances and movements read the books through [`Books`]: the sums of whole months as they are kept, and lines
//!   for the days that these are too many or too few.
//! - [`balances`], [`account_lines`], [`dimensions`], [`proofs`] and [`close_proofs`] hold the SQL. A function takes a transaction
//!   and values, gives rows, and decides nothing.
//! - [`balances_on`] and [`movements`] give the same to other domains, in the decimals of the currencies.
//! - [`turnovers`] and [`close_check`] answer whole ports, because nothing but reading is in them.

mod close_check;
mod reports;
mod store;
mod turnovers;

pub use close_check::close_check;
pub use reports::{balances_on, movements};
pub use store::posted::Books;
pub use store::{account_lines, balances, close_proofs, dimensions, proofs};
pub use turnovers::turnovers;
