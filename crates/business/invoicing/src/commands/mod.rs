//! One file for each state change.

pub(crate) mod allocate_items;
pub(crate) mod bounce_payment;
pub(crate) mod create_invoice;
pub(crate) mod create_payment;
pub(crate) mod credit_invoice;
pub(crate) mod delete_invoice;
pub(crate) mod delete_payment;
pub(crate) mod post_invoice;
pub(crate) mod post_payment;
pub(crate) mod preview_invoice;
pub(crate) mod undo_allocation;
pub(crate) mod update_invoice;
pub(crate) mod update_payment;
