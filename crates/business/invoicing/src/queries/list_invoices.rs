//! Lists invoices and notes, newest first.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{INVOICE, INVOICE_WITHOUT_LINES};

/// List invoices and notes
///
/// By date, newest first; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/invoicing/invoices",
    operation_id = "invoicing.list_invoices",
    tag = "invoicing",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of documents",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 2, "state": "posted",
                "createdAt": "2025-03-01T08:00:00.000000Z", "createdBy": "ada", "number": "INV-2025-000042", "kind": "sale",
                "date": "2025-03-01", "partyName": "Customer 30", "currency": "EUR", "gross": "1829.1", "open": "1829.1",
                "dueOn": "2025-04-15"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_invoices(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| INVOICE_WITHOUT_LINES.to_owned());
    deps.records.list(read, INVOICE).await
}
