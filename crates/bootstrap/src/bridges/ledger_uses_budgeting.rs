//! The ledger asks budgets before it posts, and who orders sets amounts aside; budgeting keeps them.

use std::sync::Arc;

use athyper_kernel_ledger::{Budgets, Ledger, PostingControl, Turnovers};

/// Who is asked before a journal is posted.
pub fn posting_control(turnovers: Arc<dyn Turnovers>) -> Arc<dyn PostingControl> {
    athyper_budgeting::posting_control(turnovers)
}

/// Who keeps budgets.
pub fn budgets(ledger: Arc<dyn Ledger>, turnovers: Arc<dyn Turnovers>) -> Arc<dyn Budgets> {
    athyper_budgeting::budgets(ledger, turnovers)
}
