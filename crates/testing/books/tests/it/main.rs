//! The ledger and the domains that post to it, joined as in the processes: over HTTP, on a real database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod fiscal_years;
mod period_closes;
mod revaluations;
mod snapshots;
mod support;
mod trading_month;
