//! Reads, one file each.

pub(crate) mod download_payment_file;
pub(crate) mod get_account;
pub(crate) mod get_cash_position;
pub(crate) mod get_line;
pub(crate) mod get_payment_run;
pub(crate) mod get_reconciliation;
pub(crate) mod get_rule;
pub(crate) mod get_statement;
pub(crate) mod list_accounts;
pub(crate) mod list_lines;
pub(crate) mod list_payment_runs;
pub(crate) mod list_reconciliations;
pub(crate) mod list_rules;
pub(crate) mod list_statements;
