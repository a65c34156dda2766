//! Documents of other domains are posted to the general ledger, and planners read it; finance keeps it.

use std::sync::Arc;

use athyper_kernel_ledger::{Ledger, PostingControl, Turnovers};

/// Who keeps the general ledger, under this control.
pub fn ledger(control: Arc<dyn PostingControl>) -> Arc<dyn Ledger> {
    athyper_finance::ledger(control)
}

/// Who says what was posted month by month.
pub fn turnovers() -> Arc<dyn Turnovers> {
    athyper_finance::turnovers()
}
