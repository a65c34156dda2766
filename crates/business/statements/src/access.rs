//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// What figures of the books are sums of: whoever may not see all journals sees no sums of them.
const JOURNAL: &str = "finance.journal";

/// Lets a caller read layouts through the records service.
pub(crate) const READ_LAYOUTS: &str = "statements.read_layouts";
/// Lets a caller write them.
pub(crate) const WRITE_LAYOUTS: &str = "statements.write_layouts";

/// The permissions of statements.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new(READ_LAYOUTS, OperationKind::Read, BOOKKEEPERS),
    Permission::new(WRITE_LAYOUTS, OperationKind::Administer, BOOKKEEPERS),
    Permission::new("statements.get_built_in_layout", OperationKind::Read, BOOKKEEPERS),
    Permission::new("statements.get_balance_sheet", OperationKind::Report, BOOKKEEPERS).on(JOURNAL),
    Permission::new("statements.get_income_statement", OperationKind::Report, BOOKKEEPERS).on(JOURNAL),
    Permission::new("statements.get_cash_flow", OperationKind::Report, BOOKKEEPERS).on(JOURNAL),
    Permission::new("statements.get_trial_balance", OperationKind::Report, BOOKKEEPERS).on(JOURNAL),
];
