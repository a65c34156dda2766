//! Work that is done later, one file each.

pub(crate) mod rebuild_balances;
pub(crate) mod verify_ledger;
