//! Work that is done later, one file each.

mod file;
pub(crate) mod import_accounts;
pub(crate) mod import_journals;
pub(crate) mod rebuild_balances;
pub(crate) mod verify_ledger;

pub(crate) use file::{IMPORTS_IN_TURN, keep_file};
