//! A close asks all who have documents of a period what hinders it, and the ledger to lock it; each answers for itself.

use std::sync::Arc;

use athyper_kernel_ledger::{CloseChecks, Periods};

/// Who locks the periods of the ledger.
pub fn periods() -> Arc<dyn Periods> {
    athyper_finance::ledger_periods()
}

/// Who says what hinders a close, in the order in which it is worked off.
pub fn close_checks() -> Arc<CloseChecks> {
    Arc::new(CloseChecks(vec![
        athyper_invoicing::close_check(),
        athyper_banking::close_check(),
        athyper_recurring::close_check(),
        athyper_finance::close_check(),
    ]))
}
