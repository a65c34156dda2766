//! State changes, one file each.

pub(crate) mod activate_budget;
pub(crate) mod approve_budget;
pub(crate) mod carry_forward_budget;
pub(crate) mod close_budget;
pub(crate) mod commit_commitment;
pub(crate) mod consume_commitment;
pub(crate) mod create_budget;
pub(crate) mod create_commitment;
pub(crate) mod create_fund;
pub(crate) mod create_transfer;
pub(crate) mod delete_budget;
pub(crate) mod grant_fund;
pub(crate) mod release_commitment;
pub(crate) mod return_fund;
pub(crate) mod revise_budget;
pub(crate) mod update_budget;
