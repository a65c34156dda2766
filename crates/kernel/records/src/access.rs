//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions of the records service: on the records of all entities of the tenant, or those that roles and policies leave.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("records.list_entities", OperationKind::Read, &[]),
    Permission::new("records.get_entity", OperationKind::Read, &[]),
    Permission::new("records.get_entity_schema", OperationKind::Read, &[]),
    Permission::new("records.list_records", OperationKind::Read, &[]).asking(),
    Permission::new("records.count_records", OperationKind::Read, &[]).asking(),
    Permission::new("records.aggregate_records", OperationKind::Read, &[]).asking(),
    Permission::new("records.get_record", OperationKind::Read, &[]).asking(),
    Permission::new("records.list_revisions", OperationKind::Read, &[]).asking(),
    Permission::new("records.bulk_records", OperationKind::BulkUpdate, &[]).asking(),
    Permission::new("records.create_record", OperationKind::Create, &[]).asking(),
    // Whoever answers for a module may say that a record is none of the duplicates that a rule refuses.
    Permission::new("records.allow_duplicates", OperationKind::Administer, &[]),
    Permission::new("records.update_record", OperationKind::Update, &[]).asking(),
    Permission::new("records.revert_record", OperationKind::Update, &[]).asking(),
    Permission::new("records.transition_record", OperationKind::Update, &[]).asking(),
    Permission::new("records.delete_record", OperationKind::Delete, &[]).asking(),
    Permission::new("records.restore_record", OperationKind::Delete, &[]).asking(),
    Permission::new("records.purge_record", OperationKind::Administer, &[]).asking(),
];
