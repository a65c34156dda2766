//! How a domain that posts, plans, controls, closes or sets up books has its counterparts from the container.

use athyper_kernel_container::Token;

use crate::{Budgets, CloseChecks, Ledger, LedgerSetUp, Periods, PostingControl, Snapshots, Turnovers};

/// Who keeps the general ledger.
pub const LEDGER: Token<dyn Ledger> = Token::new("ledger");

/// Who sets up the books of the general ledger.
pub const LEDGER_SET_UP: Token<dyn LedgerSetUp> = Token::new("ledger_set_up");

/// Who says what was posted month by month.
pub const TURNOVERS: Token<dyn Turnovers> = Token::new("ledger.turnovers");

/// Who is asked before a journal is posted.
pub const POSTING_CONTROL: Token<dyn PostingControl> = Token::new("ledger.posting_control");

/// Who keeps budgets.
pub const BUDGETS: Token<dyn Budgets> = Token::new("ledger.budgets");

/// Who keeps the periods of the general ledger.
pub const PERIODS: Token<dyn Periods> = Token::new("ledger.periods");

/// Who says what hinders the close of a period.
pub const CLOSE_CHECKS: Token<CloseChecks> = Token::new("ledger.close_checks");

/// Who keeps the snapshots of signed-off periods.
pub const SNAPSHOTS: Token<dyn Snapshots> = Token::new("ledger.snapshots");
