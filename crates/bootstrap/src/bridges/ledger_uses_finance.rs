//! Documents of other domains are posted to the general ledger, and books are opened in it; finance keeps it.

use std::sync::Arc;

use athyper_kernel_ledger::{Ledger, LedgerSetUp};

/// Who keeps the general ledger.
pub fn ledger() -> Arc<dyn Ledger> {
    athyper_finance::ledger()
}

/// Who sets up the books of the general ledger.
pub fn ledger_set_up() -> Arc<dyn LedgerSetUp> {
    athyper_finance::ledger_set_up()
}
