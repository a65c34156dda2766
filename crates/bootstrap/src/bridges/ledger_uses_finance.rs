//! Documents of other domains are posted to the general ledger, planners read it, and books are opened in it; finance keeps it.

use std::sync::Arc;

use athyper_kernel_ledger::{Ledger, LedgerSetUp, PostingControl, Turnovers};

/// Who keeps the general ledger, under this control.
pub fn ledger(control: Arc<dyn PostingControl>) -> Arc<dyn Ledger> {
    athyper_finance::ledger(control)
}

/// Who says what was posted month by month.
pub fn turnovers() -> Arc<dyn Turnovers> {
    athyper_finance::turnovers()
}

/// Who sets up the books of the general ledger, under this control.
pub fn ledger_set_up(control: Arc<dyn PostingControl>) -> Arc<dyn LedgerSetUp> {
    athyper_finance::ledger_set_up(control)
}
