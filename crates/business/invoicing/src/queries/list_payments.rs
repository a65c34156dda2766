//! Lists payments, newest first.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::PAYMENT;

/// List payments
///
/// By date, newest first.
#[utoipa::path(
    get,
    path = "/v1/invoicing/payments",
    operation_id = "invoicing.list_payments",
    tag = "invoicing",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of payments",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "version": 2, "state": "matched",
                "createdAt": "2025-03-10T08:00:00.000000Z", "createdBy": "ada", "number": "RCPT-2025-000007", "direction": "in",
                "date": "2025-03-10", "partyName": "Customer 30", "currency": "EUR", "amount": "116.62", "unallocated": "0"}],
                "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_payments(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, PAYMENT).await
}
