//! State changes, one file each.

pub(crate) mod create_group;
pub(crate) mod create_relation;
pub(crate) mod create_run;
pub(crate) mod delete_run;
pub(crate) mod end_relation;
pub(crate) mod finalise_run;
pub(crate) mod post_entry;
pub(crate) mod reverse_entry;
pub(crate) mod run_netting;
pub(crate) mod undo_netting;
pub(crate) mod update_group;
