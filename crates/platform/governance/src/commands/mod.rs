//! One file for each change of state.

pub(crate) mod close_access_review;
pub(crate) mod create_access_review;
pub(crate) mod create_separation_exception;
pub(crate) mod create_separation_rule;
pub(crate) mod decide_access_review_item;
pub(crate) mod delete_separation_exception;
pub(crate) mod delete_separation_rule;
