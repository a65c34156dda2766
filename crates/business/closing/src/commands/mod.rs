//! State changes, one file each.

use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{AccountRef, AdjustmentLine};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

pub(crate) mod close_fiscal_year;
pub(crate) mod create_revaluation;
pub(crate) mod open_period_close;
pub(crate) mod reopen_fiscal_year;
pub(crate) mod reopen_period_close;
pub(crate) mod sign_period_close;
pub(crate) mod tick_close_step;
pub(crate) mod undo_revaluation;
pub(crate) mod untick_close_step;

/// A line of an adjustment of an account, and nothing else.
fn line(account: AccountRef, currency: Currency, base: Decimal) -> AdjustmentLine {
    AdjustmentLine { account, currency, base, party: None, memo: None }
}

/// The problem of a refusal in this domain's words, or the ledger's own.
pub(crate) fn problem(error: crate::error::Error) -> Problem {
    match error {
        crate::error::Error::Ledger(problem) => problem,
        own => own.into(),
    }
}
