//! Writes down a draft of an invoice or a note.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use axum::extract::State;

use crate::Deps;
use crate::drafting::{self, DraftInvoice, Drafted};
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::InvoiceWithLines;
use crate::store::{invoices, lines};

/// Write a draft of an invoice or a note
///
/// Its lines are priced, taxed and laid out by the terms of payment, and the answer says what it comes to. A draft has no
/// number and nobody owes anything by it; it changes freely until it is posted, and is priced again then.
#[utoipa::path(
    post,
    path = "/v1/invoicing/invoices",
    operation_id = "invoicing.create_invoice",
    tag = "invoicing",
    request_body(
        content = DraftInvoice,
        example = json!({"kind": "sale", "date": "2025-03-01", "terms": "NET45", "currency": "EUR",
            "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"},
            "lines": [{"account": "4000", "quantity": "29", "unitPrice": "65.53", "discountPercent": "12.5", "taxCodes": ["S10"]}]})
    ),
    responses((status = 201, description = "The draft", body = InvoiceWithLines), CreateProblems)
)]
pub(crate) async fn create_invoice(
    State(deps): State<Deps>,
    mut cmd: Command<Json<DraftInvoice>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let invoice = &done.output.invoice;
    let location = format!("/v1/invoicing/invoices/{}", invoice.id);
    let reply = Reply::created(location, &done.output)?.version(invoice.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &DraftInvoice,
) -> Result<Done<InvoiceWithLines>, Error> {
    let id = Id::new(tx.clock());
    let drafted = drafting::read(tx, deps, id, input).await?;

    let written = write(tx, drafted).await?;

    let event = AuditEvent::info("invoicing.create_invoice")
        .about(INVOICE, id)
        .with("kind", written.invoice.kind.as_str())
        .with("date", written.invoice.date.to_string())
        .with("gross", written.invoice.gross.to_string())
        .with("currency", written.invoice.currency.code());
    Ok(Done::new(written, event))
}

/// Writes a draft down that was read, and gives it as it is shown.
///
/// # Errors
/// When the supplier's number is taken.
pub(crate) async fn write(tx: &mut TenantTx, drafted: Drafted) -> Result<InvoiceWithLines, Error> {
    let id = drafted.draft.id;
    invoices::insert(tx, &drafted.draft).await.map_err(Error::of_constraint)?;
    lines::insert(tx, id, &drafted.lines).await?;
    shown(tx, drafted).await
}

/// A draft as it is shown: with what it comes to.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn shown(tx: &mut TenantTx, drafted: Drafted) -> Result<InvoiceWithLines, Error> {
    let invoice = invoices::find(tx, drafted.draft.id).await?.ok_or(Error::InvoiceNotFound)?;
    let (taxes, items) = (drafted.tax_lines(), drafted.item_lines());
    Ok(InvoiceWithLines { invoice, lines: drafted.lines, taxes, open_items: items })
}
