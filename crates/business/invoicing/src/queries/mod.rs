//! One file for each read.

pub(crate) mod get_ageing;
pub(crate) mod get_invoice;
pub(crate) mod get_open_items;
pub(crate) mod get_payment;
pub(crate) mod get_statement;
pub(crate) mod get_tax_report;
pub(crate) mod list_invoices;
pub(crate) mod list_payments;
