//! Reads, one file each.

pub(crate) mod get_agreement;
pub(crate) mod get_entry;
pub(crate) mod get_group;
pub(crate) mod get_netting;
pub(crate) mod get_run;
pub(crate) mod get_run_lines;
pub(crate) mod list_entries;
pub(crate) mod list_groups;
pub(crate) mod list_nettings;
pub(crate) mod list_relations;
pub(crate) mod list_runs;
pub(crate) mod propose_netting;
pub(crate) mod verify_run;
