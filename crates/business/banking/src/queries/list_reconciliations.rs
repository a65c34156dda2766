//! Lists reconciliations.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::RECONCILIATION;

/// List reconciliations
///
/// By day, newest first.
#[utoipa::path(
    get,
    path = "/v1/banking/reconciliations",
    operation_id = "banking.list_reconciliations",
    tag = "banking",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of reconciliations",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 2, "state": "signed_off", "asOf": "2024-05-31",
                "statementBalance": "2210.0000"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_reconciliations(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, RECONCILIATION).await
}
