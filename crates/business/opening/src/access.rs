//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::BALANCES;

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// The ledger's records that imports make.
const ACCOUNT: &str = "finance.account";
const JOURNAL: &str = "finance.journal";

/// Lets what a caller imports enter a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "opening.post_to_soft_closed_period";

/// The permissions of opening the books.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("opening.list_chart_templates", OperationKind::Read, BOOKKEEPERS),
    Permission::new("opening.get_chart_template", OperationKind::Read, BOOKKEEPERS),
    Permission::new("opening.apply_chart_template", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT),
    Permission::new("opening.import_accounts", OperationKind::Import, BOOKKEEPERS).on(ACCOUNT),
    Permission::new("opening.import_journals", OperationKind::Import, BOOKKEEPERS).on(JOURNAL),
    Permission::new("opening.import_balances", OperationKind::Import, BOOKKEEPERS).on(BALANCES),
    Permission::new("opening.list_balances", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("opening.get_balances", OperationKind::Read, BOOKKEEPERS).on(BALANCES).asking(),
    Permission::new("opening.reverse_balances", OperationKind::Amend, BOOKKEEPERS).on(BALANCES).asking(),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
