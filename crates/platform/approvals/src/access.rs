//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::REQUEST;

/// Everybody who belongs to the tenant asks for approvals, and may have a role whose holders decide: which requests somebody sees is
/// said by a rule of the platform, and who decides by each request itself.
const fn everybodys(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::SelfService, &[]).on(REQUEST).asking()
}

/// The permissions of approvals.
pub(crate) const PERMISSIONS: &[Permission] = &[
    everybodys("approvals.list_requests"),
    everybodys("approvals.get_request"),
    everybodys("approvals.approve_request"),
    everybodys("approvals.reject_request"),
    everybodys("approvals.withdraw_request"),
];
