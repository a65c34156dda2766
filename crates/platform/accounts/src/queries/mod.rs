//! The reads, one file each.

pub(crate) mod get_account;
pub(crate) mod get_own_account;
pub(crate) mod get_policy;
pub(crate) mod list_accounts;
pub(crate) mod list_factors;
pub(crate) mod list_own_factors;
