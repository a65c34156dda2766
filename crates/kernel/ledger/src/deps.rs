//! How a domain that posts, or closes, has the ledger from the container.

use athyper_kernel_container::Token;

use crate::{CloseChecks, Ledger, Periods, Snapshots};

/// Who keeps the general ledger.
pub const LEDGER: Token<dyn Ledger> = Token::new("ledger");

/// Who keeps the periods of the general ledger.
pub const PERIODS: Token<dyn Periods> = Token::new("ledger.periods");

/// Who says what hinders the close of a period.
pub const CLOSE_CHECKS: Token<CloseChecks> = Token::new("ledger.close_checks");

/// Who keeps the snapshots of signed-off periods.
pub const SNAPSHOTS: Token<dyn Snapshots> = Token::new("ledger.snapshots");
