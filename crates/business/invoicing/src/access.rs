//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

use crate::entities::{INVOICE, PAYMENT};

/// Those who keep the books. Who else may do what is said by the kind of the operation.
const BOOKKEEPERS: &[&str] = &["accountant"];

/// Lets a caller post into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "invoicing.post_to_soft_closed_period";
/// Lets a caller read tax codes, terms, parties, series and limits through the records service.
pub(crate) const READ_REFERENCE: &str = "invoicing.read_reference_data";
/// Lets a caller write them.
pub(crate) const WRITE_REFERENCE: &str = "invoicing.write_reference_data";

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new(READ_REFERENCE, OperationKind::Read, BOOKKEEPERS),
    Permission::new(WRITE_REFERENCE, OperationKind::Administer, BOOKKEEPERS),
    Permission::new("invoicing.list_invoices", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("invoicing.get_invoice", OperationKind::Read, BOOKKEEPERS).on(INVOICE).asking(),
    Permission::new("invoicing.preview_invoice", OperationKind::Read, BOOKKEEPERS),
    Permission::new("invoicing.create_invoice", OperationKind::Create, BOOKKEEPERS).on(INVOICE),
    Permission::new("invoicing.update_invoice", OperationKind::Update, BOOKKEEPERS).on(INVOICE).asking(),
    Permission::new("invoicing.delete_invoice", OperationKind::DeleteDraft, BOOKKEEPERS).on(INVOICE).asking(),
    Permission::new("invoicing.post_invoice", OperationKind::Approve, BOOKKEEPERS).on(INVOICE).asking(),
    Permission::new("invoicing.credit_invoice", OperationKind::Amend, BOOKKEEPERS).on(INVOICE).asking(),
    Permission::new("invoicing.list_payments", OperationKind::Read, BOOKKEEPERS).asking(),
    Permission::new("invoicing.get_payment", OperationKind::Read, BOOKKEEPERS).on(PAYMENT).asking(),
    Permission::new("invoicing.create_payment", OperationKind::Create, BOOKKEEPERS).on(PAYMENT),
    Permission::new("invoicing.update_payment", OperationKind::Update, BOOKKEEPERS).on(PAYMENT).asking(),
    Permission::new("invoicing.delete_payment", OperationKind::DeleteDraft, BOOKKEEPERS).on(PAYMENT).asking(),
    Permission::new("invoicing.post_payment", OperationKind::Approve, BOOKKEEPERS).on(PAYMENT).asking(),
    Permission::new("invoicing.bounce_payment", OperationKind::Amend, BOOKKEEPERS).on(PAYMENT).asking(),
    Permission::new("invoicing.allocate_items", OperationKind::Amend, BOOKKEEPERS).on(INVOICE),
    Permission::new("invoicing.undo_allocation", OperationKind::Amend, BOOKKEEPERS).on(INVOICE),
    Permission::new("invoicing.get_tax_report", OperationKind::Report, BOOKKEEPERS).on(INVOICE),
    Permission::new("invoicing.get_open_items", OperationKind::Report, BOOKKEEPERS).on(INVOICE),
    Permission::new("invoicing.get_ageing", OperationKind::Report, BOOKKEEPERS).on(INVOICE),
    Permission::new("invoicing.get_statement", OperationKind::Report, BOOKKEEPERS).on(INVOICE),
    Permission::new(POST_TO_SOFT_CLOSED, OperationKind::Administer, &[]),
];
