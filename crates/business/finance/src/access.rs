//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{
    ACCOUNT, ACCOUNT_RULE, ALLOCATION, DIMENSION, EXCHANGE_RATE, JOURNAL, LEGAL_ENTITY, OPEN_ITEM, PERIOD,
};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "finance.post_to_soft_closed_period";

/// Lets a caller see exchange rates through the records service.
pub(crate) const READ_EXCHANGE_RATES: &str = "finance.read_exchange_rates";
/// Lets a caller record exchange rates.
pub(crate) const WRITE_EXCHANGE_RATES: &str = "finance.write_exchange_rates";
/// Lets a caller see dimensions and their values through the records service.
pub(crate) const READ_DIMENSIONS: &str = "finance.read_dimensions";
/// Lets a caller design them.
pub(crate) const WRITE_DIMENSIONS: &str = "finance.write_dimensions";

/// The permissions of the ledger.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("finance.list_legal_entities", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_legal_entity", OperationKind::Read, BOOKKEEPERS).on(LEGAL_ENTITY).asking(),
    Permission::new("finance.create_legal_entity", OperationKind::Administer, &[]).on(LEGAL_ENTITY),
    Permission::new("finance.update_legal_entity", OperationKind::Administer, &[]).on(LEGAL_ENTITY).asking(),
    Permission::new(READ_EXCHANGE_RATES, OperationKind::Read, BOOKKEEPERS).on(EXCHANGE_RATE),
    Permission::new(WRITE_EXCHANGE_RATES, OperationKind::Update, BOOKKEEPERS).on(EXCHANGE_RATE),
    Permission::new(READ_DIMENSIONS, OperationKind::Read, BOOKKEEPERS).on(DIMENSION),
    Permission::new(WRITE_DIMENSIONS, OperationKind::Administer, BOOKKEEPERS).on(DIMENSION),
    Permission::new("finance.list_account_rules", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.create_account_rule", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT_RULE),
    Permission::new("finance.delete_account_rule", OperationKind::Administer, BOOKKEEPERS)
        .on(ACCOUNT_RULE)
        .asking(),
    Permission::new("finance.determine_account", OperationKind::Read, BOOKKEEPERS).on(ACCOUNT_RULE),
    Permission::new("finance.list_open_items", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.allocate_items", OperationKind::Approve, BOOKKEEPERS).on(OPEN_ITEM),
    Permission::new("finance.list_allocations", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.undo_allocation", OperationKind::Amend, BOOKKEEPERS).on(ALLOCATION).asking(),
    Permission::new("finance.get_account_ledger", OperationKind::Read, BOOKKEEPERS).on(JOURNAL),
    Permission::new("finance.list_accounts", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_account", OperationKind::Read, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("finance.create_account", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT),
    Permission::new("finance.update_account", OperationKind::Administer, BOOKKEEPERS).on(ACCOUNT).asking(),
    Permission::new("finance.list_periods", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_period", OperationKind::Read, BOOKKEEPERS).on(PERIOD).asking(),
    Permission::new("finance.create_period", OperationKind::Administer, BOOKKEEPERS).on(PERIOD),
    Permission::new("finance.soft_close_period", OperationKind::Close, &[]).on(PERIOD).asking(),
    Permission::new("finance.close_period", OperationKind::Close, &[]).on(PERIOD).asking(),
    Permission::new("finance.reopen_period", OperationKind::Reopen, &[]).on(PERIOD).asking(),
    Permission::new("finance.lock_period_area", OperationKind::Close, &[]).on(PERIOD).asking(),
    Permission::new("finance.unlock_period_area", OperationKind::Reopen, &[]).on(PERIOD).asking(),
    Permission::new("finance.list_journals", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("finance.get_journal", OperationKind::Read, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.create_journal", OperationKind::Create, BOOKKEEPERS).on(JOURNAL),
    Permission::new("finance.update_journal", OperationKind::Update, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.delete_journal", OperationKind::DeleteDraft, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.post_journal", OperationKind::Approve, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.reverse_journal", OperationKind::Amend, BOOKKEEPERS).on(JOURNAL).asking(),
    Permission::new("finance.get_trial_balance", OperationKind::Read, BOOKKEEPERS).on(JOURNAL),
    Permission::new("finance.rebuild_balances", OperationKind::Administer, &[]),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
