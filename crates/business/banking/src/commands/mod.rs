//! State changes, one file each.

pub(crate) mod approve_payment_run;
pub(crate) mod cancel_payment_run;
pub(crate) mod create_account;
pub(crate) mod create_payment_run;
pub(crate) mod create_rule;
pub(crate) mod delete_reconciliation;
pub(crate) mod delete_rule;
pub(crate) mod export_payment_run;
pub(crate) mod ignore_line;
pub(crate) mod import_statements;
pub(crate) mod match_line;
pub(crate) mod open_reconciliation;
pub(crate) mod post_line;
pub(crate) mod sign_reconciliation;
pub(crate) mod suggest_matches;
pub(crate) mod unmatch_line;
pub(crate) mod update_account;
pub(crate) mod update_rule;
