//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{ACCOUNT, LINE, PAYMENT_RUN, RECONCILIATION, RULE, STATEMENT};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("banking.list_accounts", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("banking.get_account", OperationKind::Read, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("banking.create_account", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT),
    Permission::new("banking.update_account", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("banking.list_statements", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("banking.get_statement", OperationKind::Read, BOOKKEEPERS).on(STATEMENT).asking(),
    Permission::new("banking.import_statements", OperationKind::Import, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("banking.list_lines", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("banking.get_line", OperationKind::Read, BOOKKEEPERS).on(LINE).asking(),
    Permission::new("banking.suggest_matches", OperationKind::BulkUpdate, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("banking.match_line", OperationKind::Update, BOOKKEEPERS).on(LINE).asking(),
    Permission::new("banking.unmatch_line", OperationKind::Amend, BOOKKEEPERS).on(LINE).asking(),
    Permission::new("banking.ignore_line", OperationKind::Update, BOOKKEEPERS).on(LINE).asking(),
    Permission::new("banking.post_line", OperationKind::Approve, BOOKKEEPERS).on(LINE).asking(),
    Permission::new("banking.list_rules", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("banking.get_rule", OperationKind::Read, BOOKKEEPERS).on(RULE).asking(),
    Permission::new("banking.create_rule", OperationKind::Administer, BOOKKEEPERS).on(RULE),
    Permission::new("banking.update_rule", OperationKind::Administer, BOOKKEEPERS).on(RULE).asking(),
    Permission::new("banking.delete_rule", OperationKind::Administer, BOOKKEEPERS).on(RULE).asking(),
    Permission::new("banking.list_reconciliations", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("banking.get_reconciliation", OperationKind::Read, BOOKKEEPERS)
        .on(RECONCILIATION)
        .asking(),
    Permission::new("banking.open_reconciliation", OperationKind::Create, BOOKKEEPERS).on(RECONCILIATION),
    Permission::new("banking.sign_reconciliation", OperationKind::Close, BOOKKEEPERS)
        .on(RECONCILIATION)
        .asking(),
    Permission::new("banking.delete_reconciliation", OperationKind::DeleteDraft, BOOKKEEPERS)
        .on(RECONCILIATION)
        .asking(),
    Permission::new("banking.list_payment_runs", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("banking.get_payment_run", OperationKind::Read, BOOKKEEPERS).on(PAYMENT_RUN).asking(),
    Permission::new("banking.create_payment_run", OperationKind::Create, BOOKKEEPERS).on(PAYMENT_RUN),
    Permission::new("banking.approve_payment_run", OperationKind::Approve, BOOKKEEPERS)
        .on(PAYMENT_RUN)
        .asking(),
    Permission::new("banking.cancel_payment_run", OperationKind::Cancel, BOOKKEEPERS)
        .on(PAYMENT_RUN)
        .asking(),
    Permission::new("banking.export_payment_run", OperationKind::Export, BOOKKEEPERS)
        .on(PAYMENT_RUN)
        .asking(),
    Permission::new("banking.download_payment_file", OperationKind::Export, BOOKKEEPERS)
        .on(PAYMENT_RUN)
        .asking(),
    Permission::new("banking.get_cash_position", OperationKind::Report, BOOKKEEPERS).on(ACCOUNT),
];
