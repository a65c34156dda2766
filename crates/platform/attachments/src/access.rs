//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("attachments.get_attachment", OperationKind::Read, &[]).asking(),
    Permission::new("attachments.download_attachment", OperationKind::Read, &[]).asking(),
    Permission::new("attachments.upload_attachment", OperationKind::Create, &[]),
];
