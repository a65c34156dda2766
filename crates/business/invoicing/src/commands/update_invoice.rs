//! Replaces what a draft says.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::create_invoice::shown;
use crate::drafting::{self, DraftInvoice};
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceState, InvoiceWithLines};
use crate::queries::get_invoice;
use crate::store::{invoices, lines};

/// Replace a draft of an invoice or a note
///
/// The draft says from then on what is sent, its lines included. What is posted never changes: correct it by a note.
#[utoipa::path(
    put,
    path = "/v1/invoicing/invoices/{id}",
    operation_id = "invoicing.update_invoice",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the document", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is replaced")
    ),
    request_body(
        content = DraftInvoice,
        example = json!({"kind": "sale", "date": "2025-03-02", "currency": "EUR",
            "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"},
            "lines": [{"role": "revenue", "quantity": "30", "unitPrice": "65.53", "taxCodes": ["S10"]}]})
    ),
    responses((status = 200, description = "The draft as it is now", body = InvoiceWithLines), ChangeProblems)
)]
pub(crate) async fn update_invoice(
    State(deps): State<Deps>,
    PathId(id): PathId<Invoice>,
    mut cmd: Command<Json<DraftInvoice>>,
) -> Result<Reply, ProblemResponse> {
    let invoice = invoices::lock(&mut cmd.tx, id).await?.ok_or(Error::InvoiceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (INVOICE, id.uuid()), Error::InvoiceNotFound).await?;
    cmd.require_version(invoice.version)?;
    let done = execute(&mut cmd.tx, &deps, &invoice, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.invoice.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    invoice: &Invoice,
    input: &DraftInvoice,
) -> Result<Done<InvoiceWithLines>, Error> {
    if invoice.state != InvoiceState::Draft {
        return Err(Error::InvoiceNotDraft);
    }
    let before = get_invoice::load(tx, invoice.id).await?;
    let drafted = drafting::read(tx, deps, invoice.id, input).await?;

    lines::delete(tx, invoice.id).await?;
    lines::insert(tx, invoice.id, &drafted.lines).await?;
    invoices::update(tx, &drafted.draft).await.map_err(Error::of_constraint)?;

    let after = get_invoice::load(tx, invoice.id).await?;
    let event = AuditEvent::info("invoicing.update_invoice")
        .about(INVOICE, invoice.id)
        .with("changes", changes(&before, &after));
    Ok(Done::new(shown(tx, drafted).await?, event))
}
