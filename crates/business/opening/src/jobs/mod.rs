//! Work that is done later, one file each.

mod file;
pub(crate) mod import_accounts;
pub(crate) mod import_balances;
pub(crate) mod import_journals;

pub(crate) use file::{IMPORTS_IN_TURN, keep_file};
