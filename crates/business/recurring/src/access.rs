//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{ENTRY, OCCURRENCE};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post occurrences into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "recurring.post_to_soft_closed_period";

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("recurring.list_entries", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("recurring.get_entry", OperationKind::Read, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.preview_entry", OperationKind::Read, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.preview_allocation", OperationKind::Read, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.create_entry", OperationKind::Create, BOOKKEEPERS).on(ENTRY),
    Permission::new("recurring.create_deferral", OperationKind::Create, BOOKKEEPERS).on(ENTRY),
    Permission::new("recurring.create_allocation", OperationKind::Create, BOOKKEEPERS).on(ENTRY),
    Permission::new("recurring.update_entry", OperationKind::Update, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.pause_entry", OperationKind::Update, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.resume_entry", OperationKind::Update, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.end_entry", OperationKind::Cancel, BOOKKEEPERS).on(ENTRY).asking(),
    Permission::new("recurring.run_entries", OperationKind::Approve, BOOKKEEPERS).on(OCCURRENCE),
    Permission::new("recurring.list_occurrences", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("recurring.get_occurrence", OperationKind::Read, BOOKKEEPERS).on(OCCURRENCE).asking(),
    Permission::new("recurring.retry_occurrence", OperationKind::Approve, BOOKKEEPERS)
        .on(OCCURRENCE)
        .asking(),
    Permission::new("recurring.skip_occurrence", OperationKind::Cancel, BOOKKEEPERS).on(OCCURRENCE).asking(),
    Permission::new("recurring.undo_occurrence", OperationKind::Amend, BOOKKEEPERS).on(OCCURRENCE).asking(),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
