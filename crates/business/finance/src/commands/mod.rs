//! State changes, one file each.

pub(crate) mod allocate_items;
pub(crate) mod close_period;
pub(crate) mod create_account;
pub(crate) mod create_account_rule;
pub(crate) mod create_journal;
pub(crate) mod create_legal_entity;
pub(crate) mod create_period;
pub(crate) mod delete_account_rule;
pub(crate) mod delete_journal;
pub(crate) mod lock_period_area;
pub(crate) mod post_journal;
pub(crate) mod rebuild_balances;
pub(crate) mod reopen_period;
pub(crate) mod reverse_journal;
pub(crate) mod soft_close_period;
pub(crate) mod undo_allocation;
pub(crate) mod unlock_period_area;
pub(crate) mod update_account;
pub(crate) mod update_journal;
pub(crate) mod update_legal_entity;
