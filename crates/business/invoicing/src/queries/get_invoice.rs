//! Reads one invoice or note with all that belongs to it.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceId, InvoiceState, InvoiceWithLines, ItemLine};
use crate::store::{invoices, items, lines};

/// Get an invoice or a note
///
/// With its lines, and once it is posted with its taxes and open items; what a draft comes to is said when it is written. Its
/// version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/invoicing/invoices/{id}",
    operation_id = "invoicing.get_invoice",
    tag = "invoicing",
    params(("id" = String, Path, description = "Id of the document", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The document",
            body = InvoiceWithLines,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "sale", "number": "INV-2025-000042",
                "entity": "MAIN", "date": "2025-03-01", "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"},
                "offsets": false, "currency": "EUR", "rate": "1", "rounding": "document", "net": "1662.82", "gross": "1829.10",
                "open": "1829.10", "credited": "0.00", "dueOn": "2025-04-15", "state": "posted", "journal": "SAL-2025-000042",
                "postedAt": "2025-03-01T09:00:00Z", "postedBy": "ada", "createdAt": "2025-03-01T08:00:00Z", "createdBy": "ada",
                "version": 2,
                "lines": [{"account": "4000", "quantity": "29", "unitPrice": "65.53", "discountPercent": "12.5",
                    "amount": "1662.82", "taxCodes": ["S10"]}],
                "taxes": [{"code": "S10", "part": "added", "base": "1662.82", "tax": "166.28", "nonRecoverable": "0.00"}],
                "openItems": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "dueOn": "2025-04-15", "amount": "1829.10", "open": "1829.10"}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_invoice(
    State(deps): State<Deps>,
    PathId(id): PathId<Invoice>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (INVOICE, id.uuid()), Error::InvoiceNotFound).await?;
    let invoice = load(&mut read.tx, id).await?;
    read.reply(invoice.invoice.version, &invoice)
}

/// The document with its lines, its taxes and its items.
///
/// # Errors
/// [`Error::InvoiceNotFound`].
pub(crate) async fn load(tx: &mut impl TenantConnection, id: InvoiceId) -> Result<InvoiceWithLines, Error> {
    let invoice = invoices::find(tx, id).await?.ok_or(Error::InvoiceNotFound)?;
    let written = lines::of_invoice(tx, id, invoice.currency).await?;
    let (mut taxes, mut open) = (Vec::new(), Vec::<ItemLine>::new());
    if invoice.state != InvoiceState::Draft {
        taxes = lines::taxes_of(tx, id, invoice.currency).await?;
        open = items::as_lines(&items::of_invoices(tx, &[id]).await?, invoice.currency);
    }
    Ok(InvoiceWithLines { invoice, lines: written, taxes, open_items: open })
}
