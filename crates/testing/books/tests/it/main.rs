//! The ledger and the domains that post to it, joined as in the processes: over HTTP, on a real database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test there and then"
)]

mod account_import;
mod allocation_runs;
mod allocations;
mod budgets;
mod cash_flows;
mod chart_templates;
mod fiscal_years;
mod fresh;
mod group;
mod histories;
mod journal_import;
mod opening_access;
mod opening_balances;
mod period_closes;
mod recurring;
mod revaluations;
mod snapshots;
mod statement_files;
mod statement_guide;
mod statement_histories;
mod statements;
mod support;
mod trading_month;
