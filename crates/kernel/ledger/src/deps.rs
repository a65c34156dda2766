//! How a domain that posts, or sets up books, has the ledger from the container.

use athyper_kernel_container::Token;

use crate::{Ledger, LedgerSetUp};

/// Who keeps the general ledger.
pub const LEDGER: Token<dyn Ledger> = Token::new("ledger");

/// Who sets up the books of the general ledger.
pub const LEDGER_SET_UP: Token<dyn LedgerSetUp> = Token::new("ledger_set_up");
