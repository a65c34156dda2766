//! Lists commitments.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::COMMITMENT;

/// List commitments
///
/// By day, newest first.
#[utoipa::path(
    get,
    path = "/v1/budgeting/commitments",
    operation_id = "budgeting.list_commitments",
    tag = "budgeting",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 2, "state": "open", "createdAt": "2026-02-03T09:00:00.000000Z", "createdBy": "ada", "line": "advertising",
                "entity": "main", "date": "2026-03-15", "account": "6100", "currency": "EUR", "amount": "500", "reserved": "0",
                "committed": "500", "consumed": "0", "posted": "0", "released": "0"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_commitments(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, COMMITMENT).await
}
