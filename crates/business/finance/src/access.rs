//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{ACCOUNT, JOURNAL, PERIOD};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "finance.post_to_soft_closed_period";

/// The permissions of the ledger.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("finance.list_accounts", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_account", OperationKind::Read, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("finance.create_account", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT),
    Permission::new("finance.update_account", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("finance.import_accounts", OperationKind::Import, BOOKKEEPERS).on(ACCOUNT),
    Permission::new("finance.list_periods", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_period", OperationKind::Read, BOOKKEEPERS).on(PERIOD).asking(),
    Permission::new("finance.create_period", OperationKind::Administer, BOOKKEEPERS).on(PERIOD),
    Permission::new("finance.soft_close_period", OperationKind::Close, &[]).on(PERIOD).asking(),
    Permission::new("finance.close_period", OperationKind::Close, &[]).on(PERIOD).asking(),
    Permission::new("finance.reopen_period", OperationKind::Reopen, &[]).on(PERIOD).asking(),
    Permission::new("finance.list_journals", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_journal", OperationKind::Read, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.create_journal", OperationKind::Create, BOOKKEEPERS).on(JOURNAL),
    Permission::new("finance.update_journal", OperationKind::Update, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.delete_journal", OperationKind::DeleteDraft, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.post_journal", OperationKind::Approve, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.reverse_journal", OperationKind::Amend, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.import_journals", OperationKind::Import, BOOKKEEPERS).on(JOURNAL),
    Permission::new("finance.get_trial_balance", OperationKind::Read, BOOKKEEPERS).on(JOURNAL),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
