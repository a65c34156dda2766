//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions of the studio: who says how the tenant works designs its entities.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("metadata.list_entities", OperationKind::Read, &[]),
    Permission::new("metadata.get_entity", OperationKind::Read, &[]),
    Permission::new("metadata.create_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.update_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.add_field", OperationKind::Administer, &[]),
    Permission::new("metadata.delete_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.validate_definition", OperationKind::Administer, &[]),
    Permission::new("metadata.plan_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.publish_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.rollback_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.archive_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.unarchive_entity", OperationKind::Administer, &[]),
    Permission::new("metadata.list_versions", OperationKind::Read, &[]),
    Permission::new("metadata.get_version", OperationKind::Read, &[]),
    Permission::new("metadata.compare_versions", OperationKind::Read, &[]),
    Permission::new("metadata.export_bundle", OperationKind::Administer, &[]),
    Permission::new("metadata.plan_bundle", OperationKind::Administer, &[]),
    Permission::new("metadata.apply_bundle", OperationKind::Administer, &[]),
    Permission::new("metadata.list_templates", OperationKind::Read, &[]),
    Permission::new("metadata.get_template", OperationKind::Read, &[]),
];
