//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{FISCAL_YEAR, REVALUATION};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post a close into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "closing.post_to_soft_closed_period";

/// The permissions of closing.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("closing.list_revaluations", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("closing.create_revaluation", OperationKind::Approve, BOOKKEEPERS).on(REVALUATION),
    Permission::new("closing.list_fiscal_years", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("closing.close_fiscal_year", OperationKind::Close, &[]).on(FISCAL_YEAR),
    Permission::new("closing.reopen_fiscal_year", OperationKind::Reopen, &[]).on(FISCAL_YEAR).asking(),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
