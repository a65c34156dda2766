//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    allocate_items, bounce_payment, create_invoice, create_payment, credit_invoice, delete_invoice,
    delete_payment, post_invoice, post_payment, preview_invoice, undo_allocation, update_invoice,
    update_payment,
};
use crate::queries::{
    get_ageing, get_invoice, get_open_items, get_payment, get_statement, get_tax_report, list_invoices,
    list_payments,
};

/// All routes of this domain with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/invoicing/invoices
        .routes(routes!(list_invoices::list_invoices, create_invoice::create_invoice))
        .routes(routes!(preview_invoice::preview_invoice))
        .routes(routes!(
            get_invoice::get_invoice,
            update_invoice::update_invoice,
            delete_invoice::delete_invoice
        ))
        .routes(routes!(post_invoice::post_invoice))
        .routes(routes!(credit_invoice::credit_invoice))
        // /v1/invoicing/payments
        .routes(routes!(list_payments::list_payments, create_payment::create_payment))
        .routes(routes!(
            get_payment::get_payment,
            update_payment::update_payment,
            delete_payment::delete_payment
        ))
        .routes(routes!(post_payment::post_payment))
        .routes(routes!(bounce_payment::bounce_payment))
        // /v1/invoicing/allocations
        .routes(routes!(allocate_items::allocate_items))
        .routes(routes!(undo_allocation::undo_allocation))
        // /v1/invoicing/reports
        .routes(routes!(get_tax_report::get_tax_report))
        .routes(routes!(get_open_items::get_open_items))
        .routes(routes!(get_ageing::get_ageing))
        .routes(routes!(get_statement::get_statement))
}
