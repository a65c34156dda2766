//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{Caller, OperationKind, Permission};
use athyper_kernel_records::{Entity, check_read, check_write};

use crate::error::Error;

/// The permissions of finding and merging duplicates. Whoever looks for them needs the right to read records as well, and
/// whoever merges them that to change and to delete.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("duplicates.list_groups", OperationKind::Read, &[]),
    Permission::new("duplicates.list_candidates", OperationKind::Read, &[]),
    Permission::new("duplicates.check_values", OperationKind::Read, &[]),
    Permission::new("duplicates.list_dismissals", OperationKind::Read, &[]),
    Permission::new("duplicates.create_dismissal", OperationKind::Update, &[]),
    Permission::new("duplicates.delete_dismissal", OperationKind::Update, &[]),
    Permission::new("duplicates.merge_records", OperationKind::Merge, &[]),
];

/// Whether the caller may read the entity's records.
pub(crate) fn reads(caller: &Caller, entity: &Entity) -> Result<(), Error> {
    has(caller, "records.get_record")?;
    Ok(check_read(caller, entity)?)
}

/// Whether the caller may change and delete the entity's records.
pub(crate) fn merges(caller: &Caller, entity: &Entity) -> Result<(), Error> {
    reads(caller, entity)?;
    has(caller, "records.update_record")?;
    has(caller, "records.delete_record")?;
    Ok(check_write(caller, entity)?)
}

fn has(caller: &Caller, permission: &'static str) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(athyper_kernel_records::Error::Forbidden(permission).into())
    }
}
