//! State changes, one file each.

use athyper_kernel_error::Problem;

pub(crate) mod apply_chart_template;
pub(crate) mod import_accounts;
pub(crate) mod import_balances;
pub(crate) mod import_journals;
pub(crate) mod reverse_balances;

/// The problem of a refusal in this domain's words, or the ledger's own.
fn problem(error: crate::error::Error) -> Problem {
    match error {
        crate::error::Error::Ledger(problem) => problem,
        own => own.into(),
    }
}
