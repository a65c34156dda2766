//! One file for each state change.

pub(crate) mod create_view;
pub(crate) mod delete_view;
pub(crate) mod update_view;
