//! Value types and rules that need no database.

pub(crate) mod bank_account;
pub(crate) mod cash;
pub(crate) mod identity;
pub(crate) mod line;
pub(crate) mod matching;
pub(crate) mod matching_rule;
pub(crate) mod money;
pub(crate) mod names;
pub(crate) mod payment_run;
pub(crate) mod reconciliation;
pub(crate) mod statement_record;
