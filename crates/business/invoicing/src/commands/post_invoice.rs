//! Posts a draft of an invoice or a note.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceWithLines};
use crate::posting::{self, PostingRights};
use crate::queries::get_invoice;
use crate::store::invoices;

/// Post an invoice or a note
///
/// It is priced once more, gets the next number of its kind, and is entered in the ledger: a line on the control account for
/// each instalment, which is an open item, one for each account, one for each tax. A note takes back at most what is left of
/// the invoice that it corrects, and where it says so settles it.
#[utoipa::path(
    post,
    path = "/v1/invoicing/invoices/{id}/post",
    operation_id = "invoicing.post_invoice",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the document", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is posted")
    ),
    responses(
        (
            status = 200,
            description = "The posted document",
            body = InvoiceWithLines,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "sale", "number": "INV-2025-000042",
                "entity": "MAIN", "date": "2025-03-01", "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"},
                "offsets": false, "currency": "EUR", "rate": "1", "rounding": "document", "net": "65.53", "gross": "65.53",
                "open": "65.53", "credited": "0.00", "dueOn": "2025-03-31", "state": "posted", "journal": "SAL-2025-000042",
                "postedAt": "2025-03-01T09:00:00Z", "postedBy": "ada", "createdAt": "2025-03-01T08:00:00Z", "createdBy": "ada",
                "version": 2, "lines": [], "taxes": [], "openItems": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn post_invoice(
    State(deps): State<Deps>,
    PathId(id): PathId<Invoice>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let invoice = invoices::lock(&mut cmd.tx, id).await?.ok_or(Error::InvoiceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (INVOICE, id.uuid()), Error::InvoiceNotFound).await?;
    cmd.check_version(invoice.version)?;
    let done = execute(&mut cmd.tx, &deps, &invoice, rights).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.invoice.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    invoice: &Invoice,
    rights: PostingRights,
) -> Result<Done<InvoiceWithLines>, Error> {
    posting::post(tx, deps, invoice, rights).await?;

    let posted = get_invoice::load(tx, invoice.id).await?;
    let event = AuditEvent::info("invoicing.post_invoice")
        .about(INVOICE, invoice.id)
        .with("number", posted.invoice.number.clone())
        .with("journal", posted.invoice.journal.clone())
        .with("kind", posted.invoice.kind.as_str())
        .with("gross", posted.invoice.gross.to_string())
        .with("currency", posted.invoice.currency.code());
    Ok(Done::new(posted, event))
}
