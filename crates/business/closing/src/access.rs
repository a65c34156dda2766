//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{CLOSE_STEP, FISCAL_YEAR, PERIOD_CLOSE, REVALUATION};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post a close into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "closing.post_to_soft_closed_period";
/// Lets a caller read the steps that a tenant adds to closes, through the records service.
pub(crate) const READ_STEPS: &str = "closing.read_close_steps";
/// Lets a caller write them.
pub(crate) const WRITE_STEPS: &str = "closing.write_close_steps";

/// The permissions of closing.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("closing.list_revaluations", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("closing.create_revaluation", OperationKind::Approve, BOOKKEEPERS).on(REVALUATION),
    Permission::new("closing.undo_revaluation", OperationKind::Amend, BOOKKEEPERS).on(REVALUATION).asking(),
    Permission::new("closing.list_fiscal_years", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("closing.close_fiscal_year", OperationKind::Close, &[]).on(FISCAL_YEAR),
    Permission::new("closing.reopen_fiscal_year", OperationKind::Reopen, &[]).on(FISCAL_YEAR).asking(),
    Permission::new(READ_STEPS, OperationKind::Read, BOOKKEEPERS).on(CLOSE_STEP),
    Permission::new(WRITE_STEPS, OperationKind::Administer, BOOKKEEPERS).on(CLOSE_STEP),
    Permission::new("closing.list_period_closes", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("closing.get_period_close", OperationKind::Read, BOOKKEEPERS).on(PERIOD_CLOSE).asking(),
    Permission::new("closing.open_period_close", OperationKind::Create, BOOKKEEPERS).on(PERIOD_CLOSE),
    Permission::new("closing.tick_close_step", OperationKind::Update, BOOKKEEPERS).on(PERIOD_CLOSE).asking(),
    Permission::new("closing.untick_close_step", OperationKind::Update, BOOKKEEPERS)
        .on(PERIOD_CLOSE)
        .asking(),
    Permission::new("closing.sign_period_close", OperationKind::Close, &[]).on(PERIOD_CLOSE).asking(),
    Permission::new("closing.reopen_period_close", OperationKind::Reopen, &[]).on(PERIOD_CLOSE).asking(),
    Permission::new("closing.get_period_snapshot", OperationKind::Read, BOOKKEEPERS)
        .on(PERIOD_CLOSE)
        .asking(),
    Permission::new("closing.verify_period_close", OperationKind::Read, BOOKKEEPERS)
        .on(PERIOD_CLOSE)
        .asking(),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
