//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{BUDGET, COMMITMENT, FUND};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("budgeting.list_budgets", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("budgeting.get_budget", OperationKind::Read, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.create_budget", OperationKind::Create, BOOKKEEPERS).on(BUDGET),
    Permission::new("budgeting.update_budget", OperationKind::Update, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.delete_budget", OperationKind::DeleteDraft, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.revise_budget", OperationKind::Amend, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.approve_budget", OperationKind::Approve, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.activate_budget", OperationKind::Approve, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.close_budget", OperationKind::Close, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.carry_forward_budget", OperationKind::Close, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.list_transfers", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("budgeting.create_transfer", OperationKind::Approve, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.get_budget_report", OperationKind::Report, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.compare_budgets", OperationKind::Report, BOOKKEEPERS).on(BUDGET).asking(),
    Permission::new("budgeting.list_commitments", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("budgeting.get_commitment", OperationKind::Read, BOOKKEEPERS).on(COMMITMENT).asking(),
    Permission::new("budgeting.create_commitment", OperationKind::Create, BOOKKEEPERS).on(COMMITMENT),
    Permission::new("budgeting.commit_commitment", OperationKind::Update, BOOKKEEPERS)
        .on(COMMITMENT)
        .asking(),
    Permission::new("budgeting.consume_commitment", OperationKind::Update, BOOKKEEPERS)
        .on(COMMITMENT)
        .asking(),
    Permission::new("budgeting.release_commitment", OperationKind::Cancel, BOOKKEEPERS)
        .on(COMMITMENT)
        .asking(),
    Permission::new("budgeting.get_availability", OperationKind::Read, BOOKKEEPERS).on(COMMITMENT),
    Permission::new("budgeting.list_overruns", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("budgeting.list_funds", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("budgeting.get_fund", OperationKind::Read, BOOKKEEPERS).on(FUND).asking(),
    Permission::new("budgeting.create_fund", OperationKind::Administer, BOOKKEEPERS).on(FUND),
    Permission::new("budgeting.grant_fund", OperationKind::Approve, BOOKKEEPERS).on(FUND).asking(),
    Permission::new("budgeting.return_fund", OperationKind::Approve, BOOKKEEPERS).on(FUND).asking(),
];
