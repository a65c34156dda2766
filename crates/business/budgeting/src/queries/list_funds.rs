//! Lists funds.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::FUND;

/// List funds
///
/// By code.
#[utoipa::path(
    get,
    path = "/v1/budgeting/funds",
    operation_id = "budgeting.list_funds",
    tag = "budgeting",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 2, "createdAt": "2026-01-01T09:00:00.000000Z", "createdBy": "ada", "code": "research", "name": "Research",
                "currency": "EUR", "received": "50000", "held": "20000", "planned": "15000", "free": "5000"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_funds(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, FUND).await
}
