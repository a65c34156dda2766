//! The ledger shows what the books said when a period was signed off; closing keeps it.

use std::sync::Arc;

use athyper_kernel_ledger::Snapshots;

/// Who keeps the snapshots of signed-off periods.
pub fn snapshots() -> Arc<dyn Snapshots> {
    athyper_closing::book_snapshots()
}
