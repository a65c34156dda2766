//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Who has this changes the views that others share.
pub(crate) const ADMINISTER: &str = "views.administer_views";

/// The permissions. Whoever belongs to the tenant keeps views of their own.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("views.list_views", OperationKind::SelfService, &[]),
    Permission::new("views.get_view", OperationKind::SelfService, &[]),
    Permission::new("views.create_view", OperationKind::SelfService, &[]),
    Permission::new("views.update_view", OperationKind::SelfService, &[]),
    Permission::new("views.delete_view", OperationKind::SelfService, &[]),
    Permission::new(ADMINISTER, OperationKind::Administer, &[]),
];
