//! Lists overruns.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::OVERRUN;

/// List overruns
///
/// What went beyond a line that warns, newest first: a journal or a commitment.
#[utoipa::path(
    get,
    path = "/v1/budgeting/overruns",
    operation_id = "budgeting.list_overruns",
    tag = "budgeting",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "createdAt": "2026-02-03T09:00:00.000000Z", "createdBy": "ada", "line": "advertising",
                "subject": "journal", "subjectId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "excess": "40", "currency": "EUR",
                "message": "the budget line advertising has 160.00 EUR left, and this is 40.00 more than that"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_overruns(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, OVERRUN).await
}
