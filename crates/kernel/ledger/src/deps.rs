//! How a domain that posts has the ledger from the container.

use athyper_kernel_container::Token;

use crate::Ledger;

/// Who keeps the general ledger.
pub const LEDGER: Token<dyn Ledger> = Token::new("ledger");
