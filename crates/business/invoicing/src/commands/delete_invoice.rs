//! Throws a draft of an invoice or a note away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceState, InvoiceWithLines};
use crate::queries::get_invoice;
use crate::store::{invoices, lines};

/// Delete a draft of an invoice or a note
///
/// What is posted cannot be deleted: correct it by a note. The answer is the draft as it was.
#[utoipa::path(
    delete,
    path = "/v1/invoicing/invoices/{id}",
    operation_id = "invoicing.delete_invoice",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the document", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (
            status = 200,
            description = "The draft as it was",
            body = InvoiceWithLines,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "sale", "entity": "MAIN", "date": "2025-03-01",
                "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"}, "offsets": false,
                "currency": "EUR", "rounding": "document", "net": "65.53", "gross": "65.53", "credited": "0.00",
                "dueOn": "2025-03-01", "state": "draft", "createdAt": "2025-03-01T08:00:00Z", "createdBy": "ada", "version": 1,
                "lines": [{"account": "4000", "quantity": "1", "unitPrice": "65.53", "discountPercent": "0", "amount": "65.53",
                    "taxCodes": []}], "taxes": [], "openItems": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_invoice(
    State(deps): State<Deps>,
    PathId(id): PathId<Invoice>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let invoice = invoices::lock(&mut cmd.tx, id).await?.ok_or(Error::InvoiceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (INVOICE, id.uuid()), Error::InvoiceNotFound).await?;
    cmd.require_version(invoice.version)?;
    let done = execute(&mut cmd.tx, &invoice).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, invoice: &Invoice) -> Result<Done<InvoiceWithLines>, Error> {
    if invoice.state != InvoiceState::Draft {
        return Err(Error::InvoiceNotDraft);
    }
    let deleted = get_invoice::load(tx, invoice.id).await?;

    lines::delete(tx, invoice.id).await?;
    invoices::delete(tx, invoice.id).await.map_err(Error::of_constraint)?;

    let event = AuditEvent::info("invoicing.delete_invoice")
        .about(INVOICE, invoice.id)
        .with("deleted", json!(deleted));
    Ok(Done::new(deleted, event))
}
