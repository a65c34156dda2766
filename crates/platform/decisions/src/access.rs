//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions of decisions: who says how the tenant works writes them, and everybody who does its work asks them.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("decisions.list_models", OperationKind::Read, &[]),
    Permission::new("decisions.get_model", OperationKind::Read, &[]),
    Permission::new("decisions.create_model", OperationKind::Administer, &[]),
    Permission::new("decisions.update_model", OperationKind::Administer, &[]),
    Permission::new("decisions.delete_model", OperationKind::Administer, &[]),
    Permission::new("decisions.test_model", OperationKind::Administer, &[]),
    Permission::new("decisions.publish_model", OperationKind::Administer, &[]),
    Permission::new("decisions.archive_model", OperationKind::Administer, &[]),
    Permission::new("decisions.unarchive_model", OperationKind::Administer, &[]),
    Permission::new("decisions.analyse_model", OperationKind::Administer, &[]),
    Permission::new("decisions.list_versions", OperationKind::Read, &[]),
    Permission::new("decisions.get_version", OperationKind::Read, &[]),
    Permission::new("decisions.compare_versions", OperationKind::Read, &[]),
    Permission::new("decisions.import_model", OperationKind::Administer, &[]),
    Permission::new("decisions.export_model", OperationKind::Administer, &[]),
    Permission::new("decisions.evaluate", OperationKind::Read, &[]),
    Permission::new("decisions.evaluate_batch", OperationKind::Read, &[]),
];
