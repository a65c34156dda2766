//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Those who may read the trail, beside those who administer the tenant. An auditor may do nothing else.
const AUDITORS: &[&str] = &["auditor"];

/// The permissions of the trail.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("audit.list_events", OperationKind::Administer, AUDITORS),
    Permission::new("audit.get_event", OperationKind::Administer, AUDITORS),
    Permission::new("audit.list_timeline", OperationKind::Administer, AUDITORS),
    Permission::new("audit.export_events", OperationKind::Administer, AUDITORS),
    Permission::new("audit.verify_trail", OperationKind::Administer, AUDITORS),
    Permission::new("audit.list_checkpoints", OperationKind::Administer, AUDITORS),
    Permission::new("audit.get_signing_keys", OperationKind::Administer, AUDITORS),
    Permission::new("audit.list_retention_policies", OperationKind::Administer, AUDITORS),
    Permission::new("audit.get_retention_policy", OperationKind::Administer, AUDITORS),
    Permission::new("audit.create_retention_policy", OperationKind::Administer, &[]),
    Permission::new("audit.update_retention_policy", OperationKind::Administer, &[]),
    Permission::new("audit.delete_retention_policy", OperationKind::Administer, &[]),
    Permission::new("audit.list_legal_holds", OperationKind::Administer, AUDITORS),
    Permission::new("audit.get_legal_hold", OperationKind::Administer, AUDITORS),
    Permission::new("audit.create_legal_hold", OperationKind::Administer, &[]),
    Permission::new("audit.release_legal_hold", OperationKind::Administer, &[]),
    Permission::new("audit.list_erasures", OperationKind::Administer, AUDITORS),
    Permission::new("audit.erase_person", OperationKind::Administer, &[]),
];
