//! Reads, one file each.

pub(crate) mod get_account;
pub(crate) mod get_journal;
pub(crate) mod get_period;
pub(crate) mod get_trial_balance;
pub(crate) mod list_accounts;
pub(crate) mod list_journals;
pub(crate) mod list_periods;
