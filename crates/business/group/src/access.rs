//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{AVERAGE_RATE, ENTRY, GROUP, NETTING, RELATION, RUN};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "group.post_to_soft_closed_period";

/// Lets a caller read average rates, through the records service.
pub(crate) const READ_RATES: &str = "group.read_average_rates";
/// Lets a caller write them.
pub(crate) const WRITE_RATES: &str = "group.write_average_rates";

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("group.list_relations", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("group.create_relation", OperationKind::Administer, BOOKKEEPERS).on(RELATION),
    Permission::new("group.end_relation", OperationKind::Administer, BOOKKEEPERS).on(RELATION).asking(),
    Permission::new("group.list_entries", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("group.get_entry", OperationKind::Read, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("group.post_entry", OperationKind::Approve, BOOKKEEPERS).on(ENTRY),
    Permission::new("group.reverse_entry", OperationKind::Amend, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("group.get_agreement", OperationKind::Report, BOOKKEEPERS).on(RELATION),
    Permission::new("group.propose_netting", OperationKind::Report, BOOKKEEPERS).on(RELATION),
    Permission::new("group.list_nettings", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("group.get_netting", OperationKind::Read, BOOKKEEPERS).on(NETTING).asking(),
    Permission::new("group.run_netting", OperationKind::Approve, BOOKKEEPERS).on(NETTING),
    Permission::new("group.undo_netting", OperationKind::Amend, BOOKKEEPERS).on(NETTING).asking(),
    Permission::new("group.list_groups", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("group.get_group", OperationKind::Read, BOOKKEEPERS).on(GROUP).asking(),
    Permission::new("group.create_group", OperationKind::Administer, BOOKKEEPERS).on(GROUP),
    Permission::new("group.update_group", OperationKind::Administer, BOOKKEEPERS).on(GROUP).asking(),
    Permission::new(READ_RATES, OperationKind::Read, BOOKKEEPERS).on(AVERAGE_RATE),
    Permission::new(WRITE_RATES, OperationKind::Administer, BOOKKEEPERS).on(AVERAGE_RATE),
    Permission::new("group.list_runs", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("group.get_run", OperationKind::Read, BOOKKEEPERS).on(RUN).asking(),
    Permission::new("group.create_run", OperationKind::Administer, BOOKKEEPERS).on(GROUP).asking(),
    Permission::new("group.finalise_run", OperationKind::Approve, BOOKKEEPERS).on(RUN).asking(),
    Permission::new("group.delete_run", OperationKind::DeleteDraft, BOOKKEEPERS).on(RUN).asking(),
    Permission::new("group.get_run_lines", OperationKind::Read, BOOKKEEPERS).on(RUN).asking(),
    Permission::new("group.verify_run", OperationKind::Read, BOOKKEEPERS).on(RUN).asking(),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
