//! Writes a draft of a note that takes an invoice back.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_invoice::write;
use crate::drafting::{self, stored};
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceState, InvoiceWithLines};
use crate::model::text::Memo;
use crate::store::invoices::{self, Draft};
use crate::store::lines;
use athyper_kernel_ledger::Day;
use athyper_kernel_ledger::tenant_defaults;

/// How an invoice is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::CreditInvoice)]
pub(crate) struct CreditInvoice {
    /// Day of the note; today, where the tenant keeps its books, if it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
    /// Why.
    #[schema(value_type = Option<String>, max_length = 1000)]
    memo: Option<Memo>,
    /// Whether the note settles the invoice when it is posted, as far as that is open.
    #[serde(default)]
    offsets: bool,
}

/// Write a note that takes an invoice back
///
/// A draft of a credit note of a sale, or a debit note of a purchase, with the lines of the invoice, at its rate. Change the
/// draft to take back less of it, and post it.
#[utoipa::path(
    post,
    path = "/v1/invoicing/invoices/{id}/credit",
    operation_id = "invoicing.credit_invoice",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the invoice", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is taken back")
    ),
    request_body(content = CreditInvoice, example = json!({"date": "2025-03-20", "memo": "Goods came back", "offsets": true})),
    responses((status = 201, description = "The draft of the note", body = InvoiceWithLines), ChangeProblems)
)]
pub(crate) async fn credit_invoice(
    State(deps): State<Deps>,
    PathId(id): PathId<Invoice>,
    mut cmd: Command<Json<CreditInvoice>>,
) -> Result<Reply, ProblemResponse> {
    let invoice = invoices::lock(&mut cmd.tx, id).await?.ok_or(Error::InvoiceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (INVOICE, id.uuid()), Error::InvoiceNotFound).await?;
    cmd.check_version(invoice.version)?;
    let done = execute(&mut cmd.tx, &deps, &invoice, &cmd.body.0).await?;
    let note = &done.output.invoice;
    let location = format!("/v1/invoicing/invoices/{}", note.id);
    let reply = Reply::created(location, &done.output)?.version(note.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    invoice: &Invoice,
    input: &CreditInvoice,
) -> Result<Done<InvoiceWithLines>, Error> {
    if invoice.state == InvoiceState::Draft {
        return Err(Error::InvoiceNotPosted);
    }
    let kind = invoice.kind.note().ok_or(Error::NotCorrectable)?;
    let today = tenant_defaults::today(tx.context(), &deps.clock);
    let draft = Draft {
        id: Id::new(tx.clock()),
        kind,
        date: input.date.map_or_else(|| today.max(invoice.date), Day::date),
        supplier_number: None,
        corrects: Some(invoice.id),
        offsets: input.offsets,
        // What is taken back is settled at once: terms are for what is to be paid.
        terms: None,
        memo: input.memo.as_ref().and_then(Text::to_option),
        ..stored(invoice)
    };
    let taken_back = lines::of_invoice(tx, invoice.id, invoice.currency).await?;
    let drafted = drafting::finish(tx, draft, taken_back).await?;

    let written = write(tx, drafted).await?;

    let event = AuditEvent::info("invoicing.credit_invoice")
        .about(INVOICE, invoice.id)
        .with("number", invoice.number.clone())
        .with("note", written.invoice.id.to_string())
        .with("gross", written.invoice.gross.to_string());
    Ok(Done::new(written, event))
}
