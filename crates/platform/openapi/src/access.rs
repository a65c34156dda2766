//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions. The document is one of the platform as a whole, and its operation has the platform's name.
pub(crate) const PERMISSIONS: &[Permission] =
    &[Permission::new("platform.get_openapi", OperationKind::Read, &[])];
