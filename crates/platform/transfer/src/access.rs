//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions of import and export. Whoever imports needs the right to make or change single records as well, and whoever
/// exports that to list them.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("transfer.import_records", OperationKind::Import, &[]).asking(),
    Permission::new("transfer.list_imports", OperationKind::Read, &[]),
    Permission::new("transfer.get_import", OperationKind::Read, &[]),
    Permission::new("transfer.list_import_errors", OperationKind::Read, &[]),
    Permission::new("transfer.export_records", OperationKind::Export, &[]).asking(),
];
