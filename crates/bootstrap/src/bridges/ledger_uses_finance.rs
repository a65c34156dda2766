//! Documents of other domains are posted to the general ledger; finance keeps it.

use std::sync::Arc;

use athyper_kernel_ledger::Ledger;

/// Who keeps the general ledger.
pub fn ledger() -> Arc<dyn Ledger> {
    athyper_finance::ledger()
}
